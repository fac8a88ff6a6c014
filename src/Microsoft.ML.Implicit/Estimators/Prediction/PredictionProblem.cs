using System.Globalization;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Relaxations;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of a network, or of a stack of them, on one task.</summary>
internal sealed class PredictionProblem : ITrainingProblem
{
    private const long RowsForInputScale = 64;

    // Of the deviation of standardised labels: in a batch some neighbours blend, and most of the order is as it is.
    private const double RankStrength = 0.1;

    // Narrow data stays below it at the default rates.
    private const double LargestMove = 2;

    private readonly PredictionNetwork _network;
    private readonly FeatureEncoder _encoder;
    private readonly PredictionTask _task;
    private readonly TrainingSet _training;
    private readonly TrainingSet _given;
    private readonly TrainingSet? _validation;
    private readonly PredictionTrainerOptions _options;
    private readonly IReadOnlyList<Regularization> _regularizations;
    private readonly double[] _inputDropout;
    private readonly NetworkRegularizer? _regularizer;
    private readonly Tensor? _stackedRows;
    private readonly Generator _generator;
    private readonly CancellationToken _cancellationToken;
    private readonly SolverMeter _meter = new();
    private double _inputScale = 1;
    private long _rows;
    private long _unsolvedRows;

    /// <param name="network">What is trained.</param>
    /// <param name="encoder">Encodes the features.</param>
    /// <param name="task">What is predicted.</param>
    /// <param name="training">Training rows.</param>
    /// <param name="validation">Validation rows, or <see langword="null"/>; a stack has none.</param>
    /// <param name="stackedRows">Indices of the training rows of each network of a stack, int64 [networks, rows]; null for one network, which trains on all.</param>
    /// <param name="options">Settings of the trainer.</param>
    /// <param name="regularizations">That of each network.</param>
    /// <param name="generator">Source of noise.</param>
    /// <param name="cancellationToken">Looked at once a solver iteration.</param>
    public PredictionProblem(
        PredictionNetwork network,
        FeatureEncoder encoder,
        PredictionTask task,
        TrainingSet training,
        TrainingSet? validation,
        Tensor? stackedRows,
        PredictionTrainerOptions options,
        IReadOnlyList<Regularization> regularizations,
        Generator generator,
        CancellationToken cancellationToken)
    {
        _network = network;
        _encoder = encoder;
        _task = task;
        _given = training;
        _training = options.Tuner is { TunesExampleWeights: true } tuner ? training with { Weights = tuner.ExampleWeights(training) } : training;
        _validation = validation;
        _options = options;
        _generator = generator;
        _cancellationToken = cancellationToken;
        _stackedRows = stackedRows;
        _regularizations = regularizations;
        _inputDropout = [.. regularizations.Select(regularization => regularization.InputDropout)];
        _regularizer = NetworkRegularizer.Of(options, network, encoder, stackedRows is not null, training.Features);
    }

    public nn.Module Module => _network;

    public IReadOnlyList<double>? StackedWeightDecays => _stackedRows is null ? null : [.. _regularizations.Select(regularization => regularization.WeightDecay)];

    public long ExampleCount => _stackedRows?.shape[1] ?? _training.Count;

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        Tensor rows = examples.to(_training.Features.device);
        TrainingSet batch = _training.Select(_stackedRows is null ? rows : _stackedRows.index_select(1, rows).flatten());
        Tensor embedded = Drop(Encode(AddNoise(Shift(batch.Features))));

        // The network goes through its inputs more than once, and through their embedding once.
        Tensor input = embedded.requires_grad ? embedded.detach().requires_grad_() : embedded;
        Tensor? losses = null;
        NetworkStep step = _network.Backward(
            input,
            output =>
            {
                Tensor means = _task.WeightedLosses(output, batch.Labels, batch.Weights).view(_regularizations.Count, -1).mean([1]);
                if (_options.RankWeight > 0)
                {
                    Tensor ranks = SoftOrder.SpearmanLoss(output.view(_regularizations.Count, -1), batch.Labels.view(_regularizations.Count, -1), RankStrength);
                    means = means.Plus(ranks * _options.RankWeight.Held());
                }

                losses = means.detach().MoveToOuterDisposeScope();
                return means.sum();
            },
            _cancellationToken);
        if (embedded.requires_grad)
        {
            ImplicitBackward.Run(() => embedded.backward([input.grad!]));
        }

        _regularizer?.AddGradients();
        _meter.Add(step.Iterations);
        _rows += batch.Count;
        _unsolvedRows += step.UnsolvedRows;
        return step.Penalty is null ? losses! : losses!.to(ScalarType.Float64).Plus(step.Penalty.to(ScalarType.Float64));
    }

    public Tensor? Validate()
    {
        Tensor? loss = _validation is null ? null : _task.MeanLoss(_validation, batch => _network.Predict(Encode(batch.Features)), _cancellationToken);
        if (loss is not null && _options.Tuner is { } tuner && _regularizer is not null)
        {
            tuner.EndEpoch(_regularizer, _given, _validation!, (batch, noise) => _task.Loss(_network.Forward(Encode(noise(batch.Features))), batch.Labels, batch.Weights), loss.ReadDouble());
            if (tuner.TunesExampleWeights)
            {
                _training.Weights!.copy_(tuner.ExampleWeights(_given));
            }
        }

        return loss;
    }

    /// <summary>Chooses the scale of the inputs to train with, which goes into the weights.</summary>
    /// <param name="learningRate">Peak learning rate.</param>
    /// <remarks>
    /// A step of Adam moves every weight by about the rate, and so what a hidden unit receives by the rate times the sum of the
    /// inputs' magnitudes. Inputs are scaled down, and weights up, for that product not to grow with the number of features.
    /// </remarks>
    public void Begin(double learningRate)
    {
        if (_network.MapsInputs)
        {
            _inputScale = Math.Min(1, LargestMove / (learningRate * SumOfInputs()));
            _network.ScaleInputs(1 / _inputScale);
        }
    }

    /// <summary>Leaves the network with weights for inputs as they are encoded.</summary>
    public void Complete()
    {
        if (_inputScale != 1)
        {
            _network.ScaleInputs(_inputScale);
            _inputScale = 1;
        }
    }

    public void WriteState(BinaryWriter writer)
    {
        GeneratorState.Write(writer, _generator);
        _encoder.WriteState(writer);
        writer.Write(_rows);
        writer.Write(_unsolvedRows);
    }

    public void ReadState(BinaryReader reader)
    {
        GeneratorState.Read(reader, _generator);
        _encoder.ReadState(reader);
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
                $"{_unsolvedRows / (double)_rows:P2} of the {_network.UnsolvedRows}"));
        }
    }

    private Tensor Encode(Tensor features) => _network.Categories.forward(_encoder.forward(features)) * _inputScale.Held();

    // Of the magnitudes, in a typical row; those of embeddings are yet to be learned.
    private double SumOfInputs()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor rows = FeatureTensor.EvenlySpread(_training.Features, RowsForInputScale).Rows;
        Tensor input = _network.Categories.Numbers(_encoder.forward(rows));
        Tensor values = input.is_sparse ? input.SparseValues : input;
        return values.abs().sum().ReadDouble() / rows.shape[0];
    }

    private Tensor AddNoise(Tensor features) => _regularizer is { InputNoise: > 0 } && !features.is_sparse ? _regularizer.AddNoise(features, _generator) : features;

    private Tensor Drop(Tensor input) => input.is_sparse
        ? FeatureTensor.WithValues(input, Dropout.Of(input.SparseValues, _inputDropout, _generator))
        : Dropout.Of(input, _inputDropout, _generator);

    // One shift a batch: over an epoch every image still meets many of them.
    private Tensor Shift(Tensor features)
    {
        if (!_options.ReadsImages || _options.MaximumImageShift == 0)
        {
            return features;
        }

        // There is nowhere to go along a side of one pixel.
        ImageShape image = _options.Image!.Value;
        long vertical = image.Height > 1 ? _options.MaximumImageShift : 0, horizontal = image.Width > 1 ? _options.MaximumImageShift : 0;
        using Tensor offsets = randint(0, (2 * _options.MaximumImageShift) + 1, 2, ScalarType.Int64, generator: _generator);
        Tensor padded = nn.functional.pad(features.reshape(-1, image.Channels, image.Height, image.Width), [horizontal, horizontal, vertical, vertical]);
        return padded
            .narrow(2, vertical > 0 ? offsets[0].item<long>() : 0, image.Height)
            .narrow(3, horizontal > 0 ? offsets[1].item<long>() : 0, image.Width)
            .reshape(features.shape);
    }
}
