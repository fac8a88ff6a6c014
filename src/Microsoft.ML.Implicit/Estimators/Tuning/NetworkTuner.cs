using System.Diagnostics;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Moves the penalties and the noise of a network while it trains (Lorraine, Vicol and Duvenaud 2020): after an epoch, the gradient of the validation loss in their logarithms,
/// by a Nyström inverse of the training loss's Hessian on rows drawn at random, takes a step of Adam. What is found is the mean of the second half of the steps, which few rows
/// make wander.
/// </summary>
/// <param name="options">What is tuned.</param>
/// <param name="initialPenalties">Penalties to set out from, or <see langword="null"/>.</param>
/// <param name="initialNoise">Noise to set out from; 0 for a default.</param>
internal sealed class NetworkTuner(RegularizationTuningOptions options, IReadOnlyDictionary<string, double>? initialPenalties, double initialNoise) : IDisposable
{
    private const double UsualPenalty = 1e-3;
    private const double SmallestPenalty = 1e-8;
    private const double UsualNoise = 0.1;

    // Before it, weights are nowhere near a minimum, and the gradient says nothing.
    private const double StartOfTuning = 0.2;

    private const double Rate = 0.3;
    private const double FirstDecay = 0.8;
    private const double SecondDecay = 0.95;

    // A gradient of noise alone is to move nothing.
    private const double SmallestSlope = 1e-6;

    private const int Rank = 10;
    private const double Damping = 0.02;
    private const int TrainingRows = 256;
    private const int ValidationRows = 512;

    private readonly Hypergradient _hypergradient = new(new NystromSolver(Rank, Damping));
    private readonly Generator _generator = new(1, CPU);
    private readonly List<TuningProgress> _history = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Dictionary<string, double> _penalties = [];
    private double[] _firstMoments = [];
    private double[] _secondMoments = [];
    private double[] _sums = [];
    private int _summed;
    private double _noise = initialNoise > 0 || !options.TuneInputNoise ? initialNoise : UsualNoise;
    private int _epochs;
    private int _epoch;
    private int _stride = 1;

    public bool TunesNoise => options.TuneInputNoise;

    /// <summary>Penalties by the matrices' names.</summary>
    public IReadOnlyDictionary<string, double> Penalties => _penalties;

    public double InputNoise { get; private set; } = initialNoise > 0 || !options.TuneInputNoise ? initialNoise : UsualNoise;

    public IReadOnlyList<TuningProgress> History => _history;

    /// <summary>Penalties to set out from.</summary>
    public IReadOnlyDictionary<string, double> InitialOf(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            _penalties[name] = initialPenalties is null ? UsualPenalty : Math.Max(initialPenalties.GetValueOrDefault(name), SmallestPenalty);
        }

        return _penalties;
    }

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
    /// <param name="validationLoss">Mean loss on all validation rows.</param>
    public void EndEpoch(NetworkRegularizer regularizer, TrainingSet training, TrainingSet validation, Func<TrainingSet, Func<Tensor, Tensor>, Tensor> loss, double validationLoss)
    {
        _epoch++;
        if (_epoch < StartOfTuning * _epochs || _history.Count >= options.MaximumEvaluations || _epoch % _stride != 0)
        {
            return;
        }

        options.CancellationToken.ThrowIfCancellationRequested();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        int count = regularizer.Penalties.Length;
        Device device = training.Features.device;
        Tensor logarithms = NativeTensor.Of(Array.ConvertAll(regularizer.Penalties, Math.Log), [count], device).to(ScalarType.Float32).requires_grad_();
        Tensor logNoise = full([1], Math.Log(Math.Max(_noise, double.Epsilon)).Held(), ScalarType.Float32, device).requires_grad_();
        Tensor fit = loss(Draw(training, TrainingRows), features => TunesNoise ? regularizer.AddNoise(features, logNoise.exp(), _generator) : features);
        Tensor objective = fit.Plus(regularizer.Penalty(logarithms));
        Tensor held = loss(Draw(validation, ValidationRows), features => features);
        HypergradientResult slope = _hypergradient.Compute(objective, held, regularizer.Parameters, TunesNoise ? [logarithms, logNoise] : [logarithms]);
        double[] gradient = [.. slope.Gradients.SelectMany(part => part.cpu().to(ScalarType.Float64).data<double>().ToArray())];
        Step(regularizer, gradient, validation.Count);
        Tell(objective.item<float>(), validationLoss);
    }

    public void Dispose() => _generator.Dispose();

    private TrainingSet Draw(TrainingSet rows, int most) =>
        rows.Select(randperm(rows.Count, generator: _generator).narrow(0, 0, Math.Min(most, rows.Count)).to(rows.Features.device));

    private void Step(NetworkRegularizer regularizer, double[] gradient, long validationRows)
    {
        int count = regularizer.Penalties.Length;
        double[] logarithms = Array.ConvertAll(regularizer.Penalties, Math.Log);
        double level = logarithms.Average(), common = gradient.Take(count).Sum();
        for (int i = 0; i < count; i++)
        {
            gradient[i] = options.Penalties switch
            {
                PenaltySharing.Each => gradient[i] + ((logarithms[i] - level) / (options.PenaltySpread * options.PenaltySpread * validationRows)),
                PenaltySharing.One => common,
                _ => 0,
            };
        }

        double[] step = Adam(gradient);
        for (int i = 0; i < count; i++)
        {
            logarithms[i] -= step[i];
            regularizer.Penalties[i] = Math.Exp(logarithms[i]);
        }

        if (TunesNoise)
        {
            regularizer.InputNoise = _noise *= Math.Exp(-step[count]);
            logarithms = [.. logarithms, Math.Log(_noise)];
        }

        Average(regularizer.Names, logarithms);
    }

    private void Average(IReadOnlyList<string> names, double[] logarithms)
    {
        _summed = 2 * (_history.Count + 1) > options.MaximumEvaluations ? _summed + 1 : 1;
        _sums = _summed > 1 ? [.. _sums.Zip(logarithms, (sum, logarithm) => sum + logarithm)] : logarithms;
        for (int i = 0; i < names.Count; i++)
        {
            _penalties[names[i]] = Math.Exp(_sums[i] / _summed);
        }

        InputNoise = TunesNoise ? Math.Exp(_sums[^1] / _summed) : InputNoise;
    }

    // Kingma and Ba 2015.
    private double[] Adam(double[] gradient)
    {
        if (_firstMoments.Length == 0)
        {
            (_firstMoments, _secondMoments) = (new double[gradient.Length], new double[gradient.Length]);
        }

        int steps = _history.Count + 1;
        double[] step = new double[gradient.Length];
        for (int i = 0; i < step.Length; i++)
        {
            double slope = double.IsFinite(gradient[i]) ? gradient[i] : 0;
            _firstMoments[i] = (FirstDecay * _firstMoments[i]) + ((1 - FirstDecay) * slope);
            _secondMoments[i] = (SecondDecay * _secondMoments[i]) + ((1 - SecondDecay) * slope * slope);
            double first = _firstMoments[i] / (1 - Math.Pow(FirstDecay, steps)), second = _secondMoments[i] / (1 - Math.Pow(SecondDecay, steps));
            step[i] = Rate * first / (Math.Sqrt(second) + SmallestSlope);
        }

        return step;
    }

    private void Tell(double trainingLoss, double validationLoss)
    {
        int evaluation = _history.Count + 1;
        int best = _history.Count == 0 || validationLoss < _history[_history[^1].BestEvaluation - 1].ValidationLoss ? evaluation : _history[^1].BestEvaluation;
        var progress = new TuningProgress(evaluation, options.MaximumEvaluations, trainingLoss, validationLoss, best, _stride, Stopwatch.GetElapsedTime(_start));
        _history.Add(progress);
        options.Progress?.Report(progress);
    }
}
