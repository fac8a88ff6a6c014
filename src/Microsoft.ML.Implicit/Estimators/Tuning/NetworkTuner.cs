using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Moves the penalties, the noise and the example weights of a network while it trains (Lorraine, Vicol and Duvenaud 2020): after an epoch, the gradient of the validation loss in
/// their logarithms or log-odds, by a Nyström inverse of the training loss's Hessian on rows drawn at random, takes a step of Adam. What is found is the mean of the second half of
/// the steps, which few rows make wander.
/// </summary>
/// <param name="options">What is tuned.</param>
/// <param name="initialPenalties">Penalties to set out from, or <see langword="null"/>.</param>
/// <param name="initialNoise">Noise to set out from; 0 for a default.</param>
/// <param name="agreement">Log-odds that the labels of training rows are right; null where example weights are not tuned.</param>
internal sealed class NetworkTuner(RegularizationTuningOptions options, IReadOnlyDictionary<string, double>? initialPenalties, double initialNoise, float[]? agreement) : IDisposable
{
    private const double UsualPenalty = 1e-3;
    private const double SmallestPenalty = 1e-8;
    private const double UsualNoise = 0.1;

    // Before it, weights are nowhere near a minimum, and the gradient says nothing.
    private const double StartOfTuning = 0.2;

    private const int Rank = 10;
    private const double Damping = 0.02;
    private const int TrainingRows = 256;
    private const int ValidationRows = 512;

    private readonly Hypergradient _hypergradient = new(new NystromSolver(Rank, Damping));
    private readonly Generator _generator = new(1, CPU);
    private readonly TuningRecord _record = new(options.MaximumEvaluations, options.Progress);
    private readonly Dictionary<string, double> _penalties = [];
    private readonly AdamSteps _steps = new();
    private double[] _sums = [];
    private int _summed;
    private double _noise = initialNoise > 0 || !options.TuneInputNoise ? initialNoise : UsualNoise;
    private double _offset;
    private double _logSlope;
    private int _epochs;
    private int _epoch;
    private int _stride = 1;

    public bool TunesPenalties => options.Penalties != PenaltySharing.Fixed;

    public bool TunesFeatures => options.Penalties == PenaltySharing.EachFeature;

    public bool TunesNoise => options.TuneInputNoise;

    public bool TunesExampleWeights => agreement is not null;

    /// <summary>Penalties by their names.</summary>
    public IReadOnlyDictionary<string, double> Penalties => _penalties;

    public double InputNoise { get; private set; } = initialNoise > 0 || !options.TuneInputNoise ? initialNoise : UsualNoise;

    /// <summary>Weights of the training rows; <see langword="null"/> where they are not tuned.</summary>
    public NetworkExampleWeights? FoundWeights { get; private set; } = agreement is null ? null : new NetworkExampleWeights(agreement, 0, 0);

    public IReadOnlyList<TuningProgress> History => _record.Evaluations;

    /// <summary>Penalties to set out from.</summary>
    public IReadOnlyDictionary<string, double> InitialOf(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            _penalties[name] = initialPenalties is null ? UsualPenalty : Math.Max(initialPenalties.GetValueOrDefault(name), SmallestPenalty);
        }

        return _penalties;
    }

    /// <summary>Weights of training rows as they are now.</summary>
    public Tensor ExampleWeights(TrainingSet training) => new NetworkExampleWeights(agreement!, _offset, _logSlope).Apply(training).Weights!;

    /// <summary>Begins a training of so many epochs.</summary>
    public void Begin(int epochs)
    {
        (_epochs, _epoch) = (epochs, 0);
        _stride = Math.Max(1, (int)((1 - StartOfTuning) * epochs / options.MaximumEvaluations));
    }

    /// <summary>Takes a step, if it is time for one.</summary>
    /// <param name="regularizer">What is tuned, and takes effect at once.</param>
    /// <param name="training">Training rows.</param>
    /// <param name="validation">Validation rows.</param>
    /// <param name="loss">Mean loss of rows whose features are changed by a function, with a graph that can be differentiated twice.</param>
    /// <param name="validationLoss">Mean loss of the validation rows.</param>
    public void EndEpoch(
        NetworkRegularizer regularizer, TrainingSet training, TrainingSet validation, Func<TrainingSet, Func<Tensor, Tensor>, Tensor> loss, double validationLoss)
    {
        _epoch++;
        if (_epoch < StartOfTuning * _epochs || History.Count >= options.MaximumEvaluations || _epoch % _stride != 0)
        {
            return;
        }

        options.CancellationToken.ThrowIfCancellationRequested();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Device device = training.Features.device;
        Tensor logarithms = Leaf(Array.ConvertAll(regularizer.Penalties, Math.Log), device);
        Tensor logNoise = Leaf([Math.Log(Math.Max(_noise, double.Epsilon))], device);
        Tensor line = Leaf([_offset, _logSlope], device);
        Tensor fit = loss(DrawTraining(training, line), features => TunesNoise ? regularizer.AddNoise(features, logNoise.exp(), _generator) : features);
        Tensor objective = TunesPenalties ? fit.Plus(regularizer.Penalty(logarithms)) : fit;
        Tensor held = loss(validation.Select(Draw(validation, ValidationRows)), features => features);
        Tensor?[] tuned = [TunesPenalties ? logarithms : null, TunesNoise ? logNoise : null, TunesExampleWeights ? line : null];
        HypergradientResult slope = _hypergradient.Compute(objective, held, regularizer.Parameters, [.. tuned.OfType<Tensor>()]);
        Step(regularizer, [.. slope.Gradients.SelectMany(part => part.cpu().to(ScalarType.Float64).data<double>().ToArray())], validation.Count);
        Tell(objective.item<float>(), validationLoss);
    }

    public void Dispose() => _generator.Dispose();

    private static Tensor Leaf(double[] values, Device device) => NativeTensor.Of(values, [values.Length], device).to(ScalarType.Float32).requires_grad_();

    private Tensor Draw(TrainingSet rows, int most) => randperm(rows.Count, generator: _generator).narrow(0, 0, Math.Min(most, rows.Count)).to(rows.Features.device);

    private TrainingSet DrawTraining(TrainingSet training, Tensor line)
    {
        Tensor rows = Draw(training, TrainingRows);
        TrainingSet drawn = training.Select(rows);
        if (agreement is null)
        {
            return drawn;
        }

        Tensor odds = tensor(agreement, device: rows.device);
        Tensor factors = LabelOdds.Weights(odds, line.narrow(0, 0, 1), line.narrow(0, 1, 1));
        factors = factors.index_select(0, rows) / factors.mean();
        return drawn with { Weights = drawn.Weights is null ? factors : drawn.Weights * factors };
    }

    private void Step(NetworkRegularizer regularizer, double[] gradient, long validationRows)
    {
        int count = TunesPenalties ? regularizer.Penalties.Length : 0;
        double[] logarithms = [.. regularizer.Penalties.Take(count).Select(penalty => Math.Log(penalty))];
        double level = logarithms.DefaultIfEmpty().Average(), common = gradient.Take(count).Sum();
        for (int i = 0; i < count; i++)
        {
            gradient[i] = options.Penalties == PenaltySharing.One
                ? common
                : gradient[i] + ((logarithms[i] - level) / (options.PenaltySpread * options.PenaltySpread * validationRows));
        }

        double[] step = _steps.Next(gradient);
        for (int i = 0; i < count; i++)
        {
            logarithms[i] -= step[i];
            regularizer.Penalties[i] = Math.Exp(logarithms[i]);
        }

        int next = count;
        if (TunesNoise)
        {
            regularizer.InputNoise = _noise *= Math.Exp(-step[next++]);
        }

        if (TunesExampleWeights)
        {
            _offset -= step[next];
            _logSlope -= step[next + 1];
        }

        Average(regularizer.Names, [.. logarithms, Math.Log(_noise), _offset, _logSlope]);
    }

    private void Average(IReadOnlyList<string> names, double[] found)
    {
        _summed = 2 * _record.Next > options.MaximumEvaluations ? _summed + 1 : 1;
        _sums = _summed > 1 ? [.. _sums.Zip(found, (sum, value) => sum + value)] : found;
        for (int i = 0; i < names.Count; i++)
        {
            _penalties[names[i]] = Math.Exp(_sums[i] / _summed);
        }

        InputNoise = TunesNoise ? Math.Exp(_sums[^3] / _summed) : InputNoise;
        FoundWeights = agreement is null ? null : new NetworkExampleWeights(agreement, _sums[^2] / _summed, _sums[^1] / _summed);
    }

    private void Tell(double trainingLoss, double validationLoss)
    {
        bool isBest = History.Count == 0 || validationLoss < History[History[^1].BestEvaluation - 1].ValidationLoss;
        _record.Add(trainingLoss, validationLoss, isBest ? _record.Next : History[^1].BestEvaluation, _stride);
    }
}
