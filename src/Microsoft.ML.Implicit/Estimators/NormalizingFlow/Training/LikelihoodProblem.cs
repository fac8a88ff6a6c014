using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Training of a flow by maximum likelihood; losses are in nats and refer to the standardised features.</summary>
internal sealed class LikelihoodProblem : ITrainingProblem
{
    private const long ValidationBatch = 2048;

    private readonly DensityNetwork _network;
    private readonly DensityTrainingSet _training;
    private readonly DensityTrainingSet? _validation;
    private readonly double _smoothing;
    private readonly Generator _generator;
    private readonly CancellationToken _cancellationToken;
    private readonly SolverMeter _meter = new();

    public LikelihoodProblem(
        DensityNetwork network, DensityTrainingSet training, DensityTrainingSet? validation, double smoothing, Generator generator, CancellationToken cancellationToken)
    {
        _network = network;
        _training = training;
        _validation = validation;
        _smoothing = smoothing;
        _generator = generator;
        _cancellationToken = cancellationToken;
    }

    public nn.Module Module => _network;

    public long ExampleCount => _training.Count;

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        DensityTrainingSet batch = _training.Select(examples.to(_training.Device));
        Tensor noise = randn(batch.Features.shape, generator: _generator).to(batch.Device);
        FlowLoss loss = _network.Flow.Backward(batch.Features.add(noise, alpha: _smoothing.Held()), _generator, batch.Context, batch.Weights);
        _meter.Add(loss.Evaluations);
        return loss.LossTensor;
    }

    public Tensor? Validate() => _validation is null
        ? null
        : ExampleBatches.Mean(_validation.Count, ValidationBatch, _validation.Device, examples => Evaluate(_validation.Select(examples)), _cancellationToken);

    public void WriteState(BinaryWriter writer) => GeneratorState.Write(writer, _generator);

    public void ReadState(BinaryReader reader) => GeneratorState.Read(reader, _generator);

    private (Tensor Loss, Tensor Weight) Evaluate(DensityTrainingSet batch)
    {
        Tensor logDensity = _network.Flow.LogDensity(batch.Features, batch.Context);
        return batch.Weights is null
            ? (-logDensity.sum(), full([], batch.Count.Held(), ScalarType.Float64, batch.Device))
            : (-(logDensity * batch.Weights).sum(), batch.Weights.sum());
    }
}
