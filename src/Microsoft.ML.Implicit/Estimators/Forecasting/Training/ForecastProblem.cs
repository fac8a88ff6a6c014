using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of one latent network, validated by the continuous ranked probability score of its forecasts.</summary>
/// <param name="network">The network.</param>
/// <param name="builder">Builds batches.</param>
/// <param name="sampler">Draws examples.</param>
/// <param name="generator">Source of noise, on the CPU.</param>
/// <param name="seed">Seed of the examples drawn.</param>
/// <param name="cancellationToken">Looked at in every step of a solve.</param>
internal abstract class ForecastProblem(LatentNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, Generator generator, int seed, CancellationToken cancellationToken)
    : ITrainingProblem
{
    private const int ValidationBatch = 256;

    private readonly IReadOnlyList<ForecastExample> _validation = sampler.HeldOut();
    private readonly ResumableRandom _random = new(seed);

    public nn.Module Module => network;

    public long ExampleCount => sampler.Count;

    protected CancellationToken CancellationToken => cancellationToken;

    protected Generator Generator => generator;

    protected SolverMeter Meter { get; } = new();

    public double TakeSolverIterations() => Meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        ForecastExample[] drawn = [.. examples.data<long>().SelectMany(draw => sampler.Draw((int)draw, _random))];
        ForecastBatch batch = builder.BuildShared(drawn);
        using SeriesEncoding encoding = network.Encoder.EncodeForTraining(batch.History, batch.Gaps, batch.LastIndices, batch.Places);
        Tensor state = encoding.State.detach().requires_grad_();
        Tensor loss = Backward(batch, state, WeightsOf(drawn, batch), progress);
        encoding.Backward(state.grad!);
        return loss;
    }

    public Tensor? Validate()
    {
        if (_validation.Count == 0)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        ForecastBatchBuilder scored = Scored(builder, _validation);
        Tensor total = zeros([], ScalarType.Float64, builder.Device);
        Tensor count = zeros([], ScalarType.Float64, builder.Device);
        foreach (ForecastExample[] examples in _validation.Chunk(ValidationBatch))
        {
            using DisposeScope scope = NewDisposeScope();
            ForecastBatch batch = scored.Build(examples);
            (Tensor mean, Tensor scale) = ForecastPrediction.Of(network, batch, cancellationToken);
            Tensor mask = batch.Mask * WeightsOf(examples, batch).view(-1, 1, 1);
            total.PlusInPlace((ContinuousRankedProbabilityScore(mean, scale, batch.Targets) * mask).sum().to(ScalarType.Float64));
            count.PlusInPlace(mask.sum().to(ScalarType.Float64));
        }

        return total.div(count);
    }

    public void WriteState(BinaryWriter writer)
    {
        GeneratorState.Write(writer, generator);
        _random.WriteState(writer);
    }

    public void ReadState(BinaryReader reader)
    {
        GeneratorState.Read(reader, generator);
        _random.ReadState(reader);
    }

    /// <summary>What builds the batches that are forecast for validation.</summary>
    /// <param name="training">What builds those of training.</param>
    /// <param name="examples">The examples that are forecast.</param>
    protected virtual ForecastBatchBuilder Scored(ForecastBatchBuilder training, IReadOnlyList<ForecastExample> examples) => training;

    /// <summary>Computes the mean loss of a batch, and adds the gradients of all parameters but the encoder's to theirs and that of the encoder's state to its own.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="state">The encoder's state, a leaf, [batch, state].</param>
    /// <param name="weights">Weights of the series, float32 [batch].</param>
    /// <param name="progress">Part of the training that lies behind, from 0 to 1.</param>
    protected abstract Tensor Backward(ForecastBatch batch, Tensor state, Tensor weights, double progress);

    // Weights of the series, float32 [batch].
    private static Tensor WeightsOf(ForecastExample[] examples, ForecastBatch batch) =>
        NativeTensor.Of(Array.ConvertAll(examples, example => example.Series.Weight), [examples.Length], batch.Mask.device);

    // Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation", 2007, for the normal distribution.
    private static Tensor ContinuousRankedProbabilityScore(Tensor mean, Tensor scale, Tensor values)
    {
        Tensor z = (values - mean) / scale;
        Tensor density = ((-0.5).Held() * z.Squared()).exp() * (1 / Math.Sqrt(2 * Math.PI)).Held();
        return scale * ((z * (z / Math.Sqrt(2).Held()).erf()).Plus(2.Held() * density) - (1 / Math.Sqrt(Math.PI)).Held());
    }
}
