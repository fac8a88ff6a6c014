using System.Globalization;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of a deep-equilibrium network on one task.</summary>
internal sealed class DeepEquilibriumProblem : ITrainingProblem
{
    private const long ValidationBatch = 1024;
    private const long RowsForInputScale = 64;

    // Narrow data stays below it at the default rates.
    private const double LargestMove = 2;

    // A loss closer to the best constant's is the same but for chance.
    private const double SomethingLearned = 0.999;

    private readonly DeepEquilibriumNetwork _network;
    private readonly FeatureEncoder _encoder;
    private readonly PredictionTask _task;
    private readonly TrainingSet _training;
    private readonly TrainingSet? _validation;
    private readonly DeepEquilibriumOptions _options;
    private readonly double _inputDropout;
    private readonly Generator _generator;
    private readonly CancellationToken _cancellationToken;
    private readonly SolverMeter _meter = new();
    private double _inputScale = 1;
    private long _rows;
    private long _unsolvedRows;

    public DeepEquilibriumProblem(DeepEquilibriumNetwork network, FeatureEncoder encoder, PredictionTask task, TrainingSet training, TrainingSet? validation, DeepEquilibriumOptions options, double inputDropout, Generator generator, CancellationToken cancellationToken)
    {
        _network = network;
        _encoder = encoder;
        _task = task;
        _training = training;
        _validation = validation;
        _options = options;
        _generator = generator;
        _cancellationToken = cancellationToken;
        _inputDropout = inputDropout;
    }

    public nn.Module Module => _network;

    public long ExampleCount => _training.Count;

    /// <summary>Whether rows are held by their non-zeros.</summary>
    public bool HasSparseInputs => _training.Features.is_sparse;

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        TrainingSet batch = _training.Select(examples.to(_training.Features.device));
        Tensor input = Drop(Encode(Shift(batch.Features)));
        EquilibriumBackward result = _network.Equilibrium.Backward(
            input,
            state => _task.Loss(_network.Output(state), batch.Labels, batch.Weights),
            cancellationToken: _cancellationToken);
        _meter.Add(result.Equilibrium.Iterations);
        _rows += batch.Count;
        _unsolvedRows += result.Equilibrium.AllConverged ? 0 : result.Equilibrium.Statuses.Count(status => status != SolveStatus.Converged);
        return _options.JacobianPenalty > 0 ? result.LossTensor.to(ScalarType.Float64).Plus(Penalize(result.Equilibrium.Solution, input)) : result.LossTensor;
    }

    public Tensor? Validate() => _validation is null ? null : MeanLoss(_validation, Predict, _cancellationToken);

    /// <summary>Chooses the scale of the inputs to train with, which goes into the weights.</summary>
    /// <param name="learningRate">Peak learning rate.</param>
    /// <remarks>
    /// A step of Adam moves every weight by about the rate, and so what a hidden unit receives by the rate times the sum of the
    /// inputs' magnitudes. Inputs are scaled down, and weights up, for that product not to grow with the number of features.
    /// </remarks>
    public void Begin(double learningRate)
    {
        if (_options.Cell == EquilibriumCellKind.Dense)
        {
            _inputScale = Math.Min(1, LargestMove / (learningRate * SumOfInputs()));
            _network.ScaleInputs(1 / _inputScale);
        }
    }

    /// <summary>Leaves the network with weights for inputs as they are encoded.</summary>
    public void Complete()
    {
        _network.ScaleInputs(_inputScale);
        _inputScale = 1;
    }

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

    /// <summary>Says so where the trained network does no better than one answer to all rows.</summary>
    /// <returns>Whether that is so.</returns>
    public bool ReportNothingLearned(IChannel channel)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        TrainingSet rows = _validation ?? _training;
        Tensor constant = _task.BestConstant(_training.Labels, _training.Weights);
        double baseline = MeanLoss(rows, batch => constant.expand(batch.Count, -1), CancellationToken.None).ReadDouble();
        double loss = MeanLoss(rows, Predict, CancellationToken.None).ReadDouble();
        bool isNothing = baseline > 0 && loss >= SomethingLearned * baseline;
        if (isNothing)
        {
            string kind = _validation is null ? "training" : "validation";
            string answer = _task is RegressionTask ? "mean label" : "class shares";
            channel.Warning(string.Create(
                CultureInfo.InvariantCulture,
                $"Nothing was learned: the loss on the {kind} rows is {loss:G5}, and that of answering every row with the {answer} is {baseline:G5}. "
                + $"Try another Training.LearningRate or more Training.MaximumEpochs, and look whether column '{_options.FeatureColumnName}' tells anything about '{_options.LabelColumnName}'."));
        }

        return isNothing;
    }

    /// <summary>What the network gives for rows, float32 [rows, outputs].</summary>
    public Tensor Predict(TrainingSet batch) => _network.Predict(Encode(batch.Features));

    private Tensor MeanLoss(TrainingSet rows, Func<TrainingSet, Tensor> predict, CancellationToken cancellationToken) => ExampleBatches.Mean(
        rows.Count,
        ValidationBatch,
        rows.Features.device,
        examples =>
        {
            TrainingSet batch = rows.Select(examples);
            Tensor loss = _task.Loss(predict(batch), batch.Labels, batch.Weights).to(ScalarType.Float64);
            return (loss * batch.Count.Held(), batch.Weights?.sum() ?? full_like(loss, batch.Count.Held()));
        },
        cancellationToken);

    private Tensor Encode(Tensor features) => _encoder.forward(features) * _inputScale.Held();

    // Of the magnitudes, in a typical row.
    private double SumOfInputs()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        long stride = (_training.Count + RowsForInputScale - 1) / RowsForInputScale;
        Tensor rows = HeldArithmetic.Range(0, (_training.Count + stride - 1) / stride, _training.Features.device) * stride.Held();
        Tensor input = _encoder.forward(_training.Features.index_select(0, rows));
        Tensor values = input.is_sparse ? input.SparseValues : input;
        return values.abs().sum().ReadDouble() / rows.shape[0];
    }

    private Tensor Drop(Tensor input)
    {
        if (_inputDropout == 0)
        {
            return input;
        }

        // A zero stays one, dropped or not.
        Tensor values = input.is_sparse ? input.SparseValues : input;
        Tensor dropped = values * RandomMask.Like(values, _inputDropout, _generator);
        return input.is_sparse ? FeatureTensor.WithValues(input, dropped) : dropped;
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
            .narrow(2, offsets[0].item<long>(), image.Height)
            .narrow(3, offsets[1].item<long>(), image.Width)
            .reshape(features.shape);
    }

    private Tensor Penalize(Tensor equilibrium, Tensor input)
    {
        Tensor penalty = _options.JacobianPenalty.Held() * JacobianRegularization.FrobeniusNorm(_network.Equilibrium.Cell, equilibrium, input, _generator);
        ImplicitBackward.Run(() => penalty.backward());
        return penalty.detach().to(ScalarType.Float64);
    }
}
