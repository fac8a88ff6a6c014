using System.Globalization;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of a deep-equilibrium network on one task.</summary>
internal sealed class DeepEquilibriumProblem : ITrainingProblem
{
    private const long ValidationBatch = 1024;

    private readonly DeepEquilibriumNetwork _network;
    private readonly FeatureEncoder _encoder;
    private readonly PredictionTask _task;
    private readonly TrainingSet _training;
    private readonly TrainingSet? _validation;
    private readonly DeepEquilibriumOptions _options;
    private readonly Generator _generator;
    private readonly CancellationToken _cancellationToken;
    private readonly double _inputDropout;
    private readonly SolverMeter _meter = new();
    private long _rows;
    private long _unsolvedRows;

    public DeepEquilibriumProblem(DeepEquilibriumNetwork network, FeatureEncoder encoder, PredictionTask task, TrainingSet training, TrainingSet? validation, DeepEquilibriumOptions options, Generator generator, CancellationToken cancellationToken)
    {
        _network = network;
        _encoder = encoder;
        _task = task;
        _training = training;
        _validation = validation;
        _options = options;
        _generator = generator;
        _cancellationToken = cancellationToken;
        _inputDropout = options.InputDropout ?? DeepEquilibriumDefaults.InputDropout(options.Cell, task, training.Count, training.Features.shape[1]);
    }

    public nn.Module Module => _network;

    public long ExampleCount => _training.Count;

    public double TakeSolverIterations() => _meter.Take();

    public double TrainBatch(Tensor examples, double progress)
    {
        TrainingSet batch = _training.Select(examples.to(_training.Features.device));
        Tensor input = Drop(_encoder.forward(Shift(batch.Features)));
        EquilibriumBackward result = _network.Equilibrium.Backward(
            input,
            state => _task.Loss(_network.Output(state), batch.Labels, batch.Weights),
            cancellationToken: _cancellationToken);
        _meter.Add(result.Equilibrium.Iterations);
        _rows += batch.Count;
        _unsolvedRows += result.Equilibrium.AllConverged ? 0 : result.Equilibrium.Statuses.Count(status => status != SolveStatus.Converged);
        return _options.JacobianPenalty > 0 ? result.Loss + Penalize(result.Equilibrium.Solution, input) : result.Loss;
    }

    public double? Validate() => _validation is null
        ? null
        : ExampleBatches.Mean(_validation.Count, ValidationBatch, _validation.Features.device, examples => Evaluate(_validation.Select(examples)), _cancellationToken);

    public void WriteState(BinaryWriter writer)
    {
        GeneratorState.Write(writer, _generator);
        writer.Write(_rows);
        writer.Write(_unsolvedRows);
    }

    public void ReadState(BinaryReader reader)
    {
        GeneratorState.Read(reader, _generator);
        _rows = reader.ReadInt64();
        _unsolvedRows = reader.ReadInt64();
        if (_unsolvedRows < 0 || _unsolvedRows > _rows)
        {
            throw new FormatException($"The file counts {_unsolvedRows} of {_rows} rows as not solved.");
        }
    }

    /// <summary>Says so where rows met in training were not solved to the tolerance.</summary>
    public void ReportUnsolvedRows(IChannel channel)
    {
        if (_unsolvedRows > 0)
        {
            channel.Warning(string.Create(
                CultureInfo.InvariantCulture,
                $"{_unsolvedRows / (double)_rows:P2} of the fixed points met in training did not reach Tolerance ({_options.Tolerance}) within MaximumIterations ({_options.MaximumIterations}); the best iterates were used. Raise either."));
        }
    }

    private (double Loss, double Weight) Evaluate(TrainingSet batch)
    {
        double weight = batch.Weights?.sum().ReadDouble() ?? batch.Count;
        return (weight * _task.Loss(_network.Predict(_encoder.forward(batch.Features)), batch.Labels, batch.Weights).ReadDouble(), weight);
    }

    private Tensor Drop(Tensor input) => _inputDropout > 0 ? input * RandomMask.Like(input, _inputDropout, _generator) : input;

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
            .narrow(2, offsets[0].item<long>(), image.Height)
            .narrow(3, offsets[1].item<long>(), image.Width)
            .reshape(features.shape);
    }

    private double Penalize(Tensor equilibrium, Tensor input)
    {
        using Tensor penalty = _options.JacobianPenalty.Held() * JacobianRegularization.FrobeniusNorm(_network.Equilibrium.Cell, equilibrium, input, _generator);
        penalty.backward();
        return penalty.ReadDouble();
    }
}
