using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Fits the weights of all terms that are weighted sums, so that the equation's solution from each row meets the next: nonlinear least squares through the solver, by the method of Gauss and
/// Newton. Of the learned part, what the held-out rows do not miss is left out.
/// </summary>
internal sealed class CoefficientFit
{
    private const int MostTries = 40;

    // Of a search, the errors' part that a step must at least better, and the tries that may fail to.
    private const double LeastGain = 0.01;
    private const int MostMisses = 8;

    /// <summary>Of the change from row to row: an error that nothing need better.</summary>
    public const double NegligibleError = 1e-3;

    // What hidden units must better the error by, to be worth having.
    private const double NetworkWorth = 0.9;

    // Of the change from row to row: an error that does not matter.
    private const double Floor = 5e-4;

    // What the error on held-out rows may rise by where a term is left out.
    private const double Tolerance = 1.005;

    // Values and steps that a first search is made on.
    private const int FewValues = 1 << 10;
    private const int FewSteps = 12;

    private const int CorrectionRounds = 2;
    private const int Corrections = 3;

    // What the error may rise by where weights are freed from bias, beside what noise explains: from noisy rows, biased weights forecast noisy rows better, at most by a half of the squares.
    private const double PriceOfBias = 1.05;

    private readonly FieldDynamics _dynamics;
    private readonly OpenTerms _open;
    private readonly CoefficientFlow _flow;
    private readonly FieldSteps _steps;
    private readonly FieldSteps _held;
    private readonly Action<double> _report;
    private readonly CoefficientJournal _journal = new();
    private int _stepsLeft;

    /// <param name="dynamics">The equation, whose weights are set after each step that betters them.</param>
    /// <param name="steps">From each field to the next, to fit.</param>
    /// <param name="held">The same of rows that are held out, or these too.</param>
    /// <param name="solver">How fields are carried on.</param>
    /// <param name="mostSteps">Steps of searches at most.</param>
    /// <param name="report">Told the error in proportion to the change from row to row, after each step, from which the fit can go on.</param>
    /// <param name="cancellation">Checked in every step of solves.</param>
    public CoefficientFit(FieldDynamics dynamics, FieldSteps steps, FieldSteps held, FieldSolver solver, int mostSteps, Action<double> report, CancellationToken cancellation)
    {
        (_dynamics, _steps, _held, _stepsLeft, _report) = (dynamics, steps, held, mostSteps, report);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _open = new OpenTerms(dynamics, steps);
        _flow = new CoefficientFlow(dynamics, _open.Terms, solver, cancellation);
    }

    /// <summary>Error on held-out rows in proportion to the change from row to row, once fitted.</summary>
    public double Error { get; private set; } = double.PositiveInfinity;

    /// <summary>Whether there were more steps to take.</summary>
    public bool IsCutShort => _stepsLeft == 0;

    /// <summary>Counts evaluations of the equation a solve.</summary>
    public SolverMeter Meter => _flow.Meter;

    /// <summary>Fits the weights, from where the fit was left.</summary>
    public void Run()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        if (_open.Terms.Length == 0)
        {
            Error = Miss(new WeightedSum([], []));
            return;
        }

        WeightedSum start = _open.Bounded(CoefficientStart.Of(_dynamics, _open.Terms, _open.Places(isNetwork: false), _steps));
        WeightedSum sum = Fit(start) ?? Fit(_open.Bounded(start with { Weights = new double[start.Weights.Length] })) ?? start;
        if (Miss(sum) > NegligibleError && _open.Places(isNetwork: true).Length > 0 && _stepsLeft > 0)
        {
            sum = WithNetwork(sum);
        }

        sum = WithoutBias(sum);
        _open.Set(sum);
        Error = Miss(sum);
    }

    /// <summary>Keeps where the fit stands.</summary>
    public void WriteState(BinaryWriter writer) => _journal.WriteState(writer);

    /// <summary>Has <see cref="Run"/> go on from where a fit of the same steps stood.</summary>
    public void ReadState(BinaryReader reader) => _journal.ReadState(reader);

    // Beside the sum, hidden units whose own weights stay as they were drawn.
    private WeightedSum WithNetwork(WeightedSum sum)
    {
        int[] places = CoefficientStart.Of(_dynamics, _open.Terms, [.. Enumerable.Range(0, _open.WeightCount)], _steps).Places;
        Dictionary<int, double> weights = sum.Places.Zip(sum.Weights).ToDictionary(pair => pair.First, pair => pair.Second);
        return Fit(new WeightedSum(places, [.. places.Select(place => weights.GetValueOrDefault(place))])) is { } wider && Miss(wider) < NetworkWorth * Miss(sum) ? wider : sum;
    }

    // On a few steps from afar, then on all; null where the equation cannot be solved.
    private WeightedSum? Fit(WeightedSum start)
    {
        FieldSteps few = _steps.Every(Math.Max(1, Math.Min(_steps.Target.numel() / FewValues, _steps.Count / FewSteps)));
        if (Shortened(few, start, isDamped: true) is not { } sum)
        {
            return null;
        }

        while (_stepsLeft > 0 && Shortened(_steps, sum, isDamped: false) is { } shorter)
        {
            bool isShorter = shorter.Places.Length < sum.Places.Length;
            sum = shorter;
            if (!isShorter)
            {
                break;
            }
        }

        return sum;
    }

    // The fit, without the terms that the held-out rows do not miss; null where the equation cannot be solved.
    private WeightedSum? Shortened(FieldSteps steps, WeightedSum start, bool isDamped)
    {
        if (Search(steps, start, isDamped) is not { } fit)
        {
            return null;
        }

        WeightedSum shortest = fit.Sum;
        double least = Miss(shortest);
        foreach (WeightedSum shorter in TermElimination.From(fit.Sum, fit.InverseInformation, _open.MayLeave))
        {
            double error = Miss(shorter);
            if (!(error <= double.Hypot(Tolerance * least, Floor)))
            {
                break;
            }

            (shortest, least) = (shorter, Math.Min(least, error));
        }

        return shortest;
    }

    // The weights where errors of Gauss and Newton end, and the inverse of the information there; null where the equation cannot be solved.
    private (WeightedSum Sum, double[] InverseInformation)? Search(FieldSteps steps, WeightedSum start, bool isDamped)
    {
        int width = start.Places.Length;
        double[] end = _journal.Recall(() =>
        {
            LeastSquaresSearch search = Searched(steps, start, isDamped);
            return search.Status == SolveStatus.Diverged ? [_stepsLeft] : [_stepsLeft, .. search.Point, .. search.InverseInformation()];
        });
        _stepsLeft = (int)end[0];
        return end.Length == 1 ? null : (start with { Weights = end[1..(width + 1)] }, end[(width + 1)..]);
    }

    private LeastSquaresSearch Searched(FieldSteps steps, WeightedSum start, bool isDamped)
    {
        int width = start.Places.Length, misses = 0;
        var search = new LeastSquaresSearch(width, new LeastSquaresSettings { Tolerance = 1e-3, MaximumIterations = MostTries }, RobustLoss.Squares, isDamped);
        search.Begin(start.Weights, [.. start.Places.Select(_open.SmallestWeight)], [.. Enumerable.Repeat(double.PositiveInfinity, width)], checked((int)steps.Target.numel()));
        double change = steps.Change, best = double.PositiveInfinity;
        bool isOver = false;
        _journal.Resume(reader =>
        {
            search.ReadState(reader);
            (_stepsLeft, misses, best, isOver) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadBoolean());
            _open.Set(start with { Weights = search.Point.ToArray() });
        });
        while (search.Status is null && misses < MostMisses && !isOver)
        {
            using DisposeScope scope = NewDisposeScope();
            WeightedSum sum = start with { Weights = search.Candidate.ToArray() };
            Tensor errors = _flow.Next(steps.Start, steps.Paces, sum) - steps.Target;
            double error = steps.Size(errors) / change;
            if (!search.Observe(Flat(steps, errors)))
            {
                misses++;
                continue;
            }

            search.Linearize(Flat(steps, _flow.Derivatives(steps.Start, steps.Paces, sum, _open.Sizes)));
            _open.Set(sum);
            misses = error < (1 - LeastGain) * best ? 0 : misses + (MostMisses / 2);
            best = error;
            isOver = --_stepsLeft == 0 || error <= Floor / 2;
            _journal.Reach(writer =>
            {
                search.WriteState(writer);
                writer.Write(_stepsLeft);
                writer.Write(misses);
                writer.Write(best);
                writer.Write(isOver);
            });
            _report(error);
        }

        return search;
    }

    /// <summary>
    /// The weights that noise in the rows does not pull to one side. What least squares weigh errors by comes from the noisy row that the solve sets out from; by the method of instrumental
    /// variables it comes from a solve from the row before it, whose noise is another.
    /// </summary>
    private WeightedSum WithoutBias(WeightedSum fitted)
    {
        double error = Miss(fitted);
        if (error <= Floor || fitted.Places.Length == 0)
        {
            return fitted;
        }

        WeightedSum corrected = fitted;
        for (int round = 0; round < CorrectionRounds; round++)
        {
            Tensor predicted = _flow.Next(_steps.Before, _steps.EarlierPaces, corrected);
            Tensor instruments = Rows(_flow.Derivatives(predicted, _steps.Paces, corrected, _open.Sizes)), columns = Rows(_flow.Derivatives(_steps.Start, _steps.Paces, corrected, _open.Sizes));
            Tensor products = instruments.mm(columns.t());
            for (int i = 0; i < Corrections; i++)
            {
                double[] change = [.. linalg.solve(products, instruments.mv((Errors(corrected) * _steps.Roots).flatten())).data<double>()];
                corrected = _open.Bounded(fitted with { Weights = [.. corrected.Weights.Zip(change, (weight, delta) => weight - delta)] });
            }
        }

        return Miss(corrected) <= Math.Sqrt((PriceOfBias * PriceOfBias) + NoiseShare(corrected)) * error ? corrected : fitted;

        Tensor Rows(Tensor derivatives) => (derivatives * _steps.Roots).flatten(1);
    }

    // The errors of one row and the next have the noise of the row between them with opposite signs: of nothing but noise their correlation is -1/2.
    private double NoiseShare(WeightedSum sum)
    {
        Tensor hasEarlier = _steps.Wide(_steps.EarlierPaces > 0.Held()) * _steps.Roots;
        Tensor earlier = (_flow.Next(_steps.Before, _steps.EarlierPaces, sum) - _steps.Start) * hasEarlier, later = Errors(sum) * hasEarlier;
        return Math.Clamp(-2 * ((earlier * later).sum() / (earlier.norm() * later.norm())).item<double>(), 0, 1) is var share && double.IsNaN(share) ? 0 : share;
    }

    private Tensor Errors(WeightedSum sum) => _flow.Next(_steps.Start, _steps.Paces, sum) - _steps.Target;

    // The error on held-out rows in proportion to their change.
    private double Miss(WeightedSum sum) => _journal.Recall(() =>
    {
        using DisposeScope scope = NewDisposeScope();
        return [_held.Size(_flow.Next(_held.Start, _held.Paces, sum) - _held.Target) / _held.Change];
    })[0];

    private static double[] Flat(FieldSteps steps, Tensor fields) => [.. (fields * steps.Roots).contiguous().data<double>()];
}
