using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of one network that reads whole series.</summary>
/// <param name="network">What is trained.</param>
/// <param name="shape">What is known of the series.</param>
/// <param name="task">What is predicted.</param>
/// <param name="training">Training series.</param>
/// <param name="validation">Validation series; none to keep the last epoch.</param>
/// <param name="dropout">Fraction of the features set to zero in training.</param>
/// <param name="generator">Source of dropout, on the CPU.</param>
/// <param name="run">The run.</param>
internal sealed class ControlledEquationProblem(
    SeriesNetwork network, SeriesShape shape, PredictionTask task, EncodedChannels[] training, EncodedChannels[] validation, double dropout, Generator generator, TrainingRun run)
    : ITrainingProblem
{
    private readonly SolverMeter _meter = new();

    public nn.Module Module => network;

    public long ExampleCount => training.Length;

    public double TakeSolverIterations() => _meter.Take();

    /// <summary>Begins with the outputs that are best where they are the same for all rows.</summary>
    public void Begin()
    {
        using Tensor labels = SeriesBatches.Labels(training, run.Device), weights = SeriesBatches.Weights(training, run.Device);
        using Tensor constant = task.BestConstant(labels, weights);
        network.SetConstant(constant);
    }

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        EncodedChannels[] series = [.. examples.data<long>().Select(example => training[example])];
        Tensor total = zeros([], device: run.Device);

        // Long series part by part: the gradients of all add up.
        foreach (EncodedChannels[] part in SeriesBatches.Split(series))
        {
            run.ThrowIfCancelled();
            using DisposeScope scope = NewDisposeScope();
            SeriesInputs inputs = SeriesBatches.Create(part, shape, run.Device);
            Tensor features = network.Features(inputs, out int evaluations);
            _meter.Add(evaluations);
            Tensor outputs = network.Output(dropout > 0 ? features * Kept(features) : features, inputs.Statics);
            Tensor loss = task.Loss(outputs, SeriesBatches.Labels(part, run.Device), SeriesBatches.Weights(part, run.Device)) * (part.Length / (double)series.Length).Held();
            loss.backward();
            total.PlusInPlace(loss.detach());
        }

        return total;
    }

    public Tensor? Validate()
    {
        if (validation.Length == 0)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        Tensor weights = SeriesBatches.Weights(validation, run.Device);
        Tensor losses = task.WeightedLosses(HeldOutOutputs(run.CancellationToken), SeriesBatches.Labels(validation, run.Device), weights);
        return losses.to(ScalarType.Float64).sum() / weights.to(ScalarType.Float64).sum();
    }

    /// <summary>Outputs for all validation series, [series, outputs], without a graph.</summary>
    /// <param name="cancellationToken">Looked at once a batch.</param>
    public Tensor HeldOutOutputs(CancellationToken cancellationToken = default)
    {
        using IDisposable noGradient = no_grad();
        var outputs = new List<Tensor>();
        foreach (EncodedChannels[] series in SeriesBatches.Split(validation))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            SeriesInputs inputs = SeriesBatches.Create(series, shape, run.Device);
            outputs.Add(network.Output(network.Features(inputs, out _), inputs.Statics).MoveToOuterDisposeScope());
        }

        return cat(outputs);
    }

    public void WriteState(BinaryWriter writer) => GeneratorState.Write(writer, generator);

    public void ReadState(BinaryReader reader) => GeneratorState.Read(reader, generator);

    private Tensor Kept(Tensor features) => empty(features.shape, features.dtype).bernoulli_(1 - dropout, generator).div_((1 - dropout).Held()).to(features.device);
}
