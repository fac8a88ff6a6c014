using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
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
    private long _evaluations;
    private long _solves;

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

    public double TakeSolverIterations()
    {
        double mean = _evaluations / (double)Math.Max(_solves, 1);
        (_evaluations, _solves) = (0, 0);
        return mean;
    }

    public double TrainBatch(Tensor examples, double progress)
    {
        DensityTrainingSet batch = _training.Select(examples.to(_training.Device));
        Tensor noise = randn(batch.Features.shape, generator: _generator).to(batch.Device);
        FlowLoss loss = _network.Flow.Backward(batch.Features.add(noise, alpha: _smoothing.Held()), _generator, batch.Context, batch.Weights);
        _evaluations += loss.Evaluations;
        _solves++;
        return loss.Loss;
    }

    public double? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        double total = 0;
        double weight = 0;
        for (long first = 0; first < _validation.Count; first += ValidationBatch)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            long count = Math.Min(ValidationBatch, _validation.Count - first);
            DensityTrainingSet batch = _validation.Select(arange(first.Held(), (first + count).Held(), device: _validation.Device));
            Tensor logDensity = _network.Flow.LogDensity(batch.Features, batch.Context);
            total -= (batch.Weights is null ? logDensity : logDensity * batch.Weights).sum().ToDouble();
            weight += batch.Weights?.sum().ToDouble() ?? count;
        }

        return total / weight;
    }
}
