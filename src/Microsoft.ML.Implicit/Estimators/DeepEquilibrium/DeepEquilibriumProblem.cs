using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of a deep-equilibrium network on one task.</summary>
internal sealed class DeepEquilibriumProblem : ITrainingProblem
{
    private const long ValidationBatch = 1024;

    private readonly DeepEquilibriumNetwork _network;
    private readonly PredictionTask _task;
    private readonly TrainingSet _training;
    private readonly TrainingSet? _validation;
    private readonly DeepEquilibriumOptions _options;
    private readonly Generator _generator;
    private long _iterations;
    private long _solves;

    public DeepEquilibriumProblem(DeepEquilibriumNetwork network, PredictionTask task, TrainingSet training, TrainingSet? validation, DeepEquilibriumOptions options, Generator generator)
    {
        _network = network;
        _task = task;
        _training = training;
        _validation = validation;
        _options = options;
        _generator = generator;
    }

    public nn.Module Module => _network;

    public long ExampleCount => _training.Count;

    public double TakeSolverIterations()
    {
        double mean = _iterations / (double)Math.Max(_solves, 1);
        _iterations = 0;
        _solves = 0;
        return mean;
    }

    public double TrainBatch(Tensor examples, double progress)
    {
        TrainingSet batch = _training.Select(examples.to(_training.Features.device));
        Tensor input = _network.Encoder.forward(Shift(batch.Features));
        EquilibriumBackward result = _network.Equilibrium.Backward(
            input,
            state => _task.Loss(_network.Output(state), batch.Labels, batch.Weights),
            cancellationToken: _options.Training.CancellationToken);
        _iterations += result.Equilibrium.Iterations;
        _solves++;
        return _options.JacobianPenalty > 0 ? result.Loss + Penalize(result.Equilibrium.Solution, input) : result.Loss;
    }

    public double? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        double total = 0;
        double weight = 0;
        for (long first = 0; first < _validation.Count; first += ValidationBatch)
        {
            using DisposeScope scope = NewDisposeScope();
            long count = Math.Min(ValidationBatch, _validation.Count - first);
            TrainingSet batch = _validation.Select(arange(first.Held(), (first + count).Held(), device: _validation.Features.device));
            double batchWeight = batch.Weights?.sum().ToDouble() ?? count;
            total += batchWeight * _task.Loss(_network.Predict(batch.Features), batch.Labels, batch.Weights).ToDouble();
            weight += batchWeight;
        }

        return total / weight;
    }

    // One shift a batch: over an epoch every image still meets many of them.
    private Tensor Shift(Tensor features)
    {
        if (_options.Cell == EquilibriumCellKind.Dense || _options.MaximumImageShift == 0)
        {
            return features;
        }

        ImageShape image = _options.Image!.Value;
        long margin = _options.MaximumImageShift;
        using Tensor offsets = randint(0, (2 * margin) + 1, 2, ScalarType.Int64, generator: _generator);
        Tensor padded = nn.functional.pad(features.reshape(-1, image.Channels, image.Height, image.Width), [margin, margin, margin, margin]);
        return padded
            .narrow(2, offsets[0].ToInt64(), image.Height)
            .narrow(3, offsets[1].ToInt64(), image.Width)
            .reshape(features.shape);
    }

    private double Penalize(Tensor equilibrium, Tensor input)
    {
        using Tensor penalty = _options.JacobianPenalty.Held() * JacobianRegularization.FrobeniusNorm(_network.Equilibrium.Cell, equilibrium, input, _generator);
        penalty.backward();
        return penalty.ToDouble();
    }
}
