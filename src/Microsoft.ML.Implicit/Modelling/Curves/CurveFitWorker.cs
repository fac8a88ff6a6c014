using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Modelling.Curves.Starts;
using Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>Fits rows one after another on one thread.</summary>
internal sealed class CurveFitWorker
{
    // Standard deviations of normal residuals beyond which a loss that redescends from there hardly costs precision (Holland and Welsch, 1977). Where a start is clear of outliers,
    // a wide scale would only let them in.
    private const double WideScale = 5;

    // Standard deviations by which two fits differ that noise does not decide between.
    private const double Significant = 2;

    // On the way to a loss with outliers left alone, minima of wider losses are passed, not reached.
    private const double ApproachTolerance = 1e-2;
    private const int ApproachIterations = 20;

    // Shares of a loss's scale by which curves differ that lead to one minimum.
    private const double SameCurve = 0.1;

    private readonly CurveFitPlan _plan;
    private readonly int _width;
    private readonly CurveTape _tape;
    private readonly LeastSquaresSearch _search;
    private readonly LeastSquaresSearch _approach;
    private readonly CurveRow _row = new();
    private readonly CurveWorkspace _workspace;
    private readonly StartSelection _starts;
    private readonly AliasFolding? _aliases;
    private readonly EqualFits _equals;
    private readonly CanonicalForm _form;
    private readonly KinkSearch _kinks;
    private readonly List<double[]> _approached = [];
    private readonly double[] _best;
    private readonly double[] _projected;

    public CurveFitWorker(CurveFitPlan plan)
    {
        _plan = plan;
        _width = plan.Curve.Parameters.Count;
        _tape = new CurveTape(plan.Curve.Graph, _width);
        _search = new LeastSquaresSearch(_width, plan.Options.Search, plan.Options.Loss);
        _approach = new LeastSquaresSearch(_width, new() { Tolerance = ApproachTolerance, MaximumIterations = Math.Min(ApproachIterations, plan.Options.Search.MaximumIterations) }, plan.Options.Loss);
        _workspace = new CurveWorkspace(_width);
        var sines = SineParameters.Create(plan, _tape);
        FrequencyScan? scan = sines is null ? null : new FrequencyScan(plan, _tape, _row, _workspace, sines);
        var projection = new TangentProjection(plan, _tape, _row, _workspace);
        var terms = TermPlacement.Create(plan, _row, projection, Fit);
        SeasonPlacement? seasons = sines is null ? null : SeasonPlacement.Create(plan, _tape, _row, projection, sines, Fit);
        _starts = new StartSelection(plan, _tape, _row, _workspace, scan, seasons, terms);
        _aliases = sines is null ? null : new AliasFolding(plan, _tape, sines, scan!);
        _equals = new EqualFits(plan, _tape, _row, _workspace, (start, cancellationToken) => Search(start, cancellationToken) == SolveStatus.Converged ? (_search.Value, _search.Point.ToArray()) : null);
        _form = new CanonicalForm(plan, _tape, _row, projection, sines);
        _kinks = new KinkSearch(plan, _tape, _row, _search, SearchWithin);
        (_best, _projected) = (new double[_width], new double[_width]);
    }

    public CurveEstimate Fit(CurvePoints points, CancellationToken cancellationToken)
    {
        if (!_row.Read(points))
        {
            return CurveEstimate.Missing(_width, _row.Count, SolveStatus.InvalidInput);
        }

        _tape.Begin(_row.Inputs, _row.Count);
        _approached.Clear();
        _equals.Clear();
        (int iterations, int searches, double least, SolveStatus status) = (0, 0, double.PositiveInfinity, SolveStatus.Diverged);
        foreach (CurveStart start in _starts.Choose(cancellationToken))
        {
            searches++;
            SolveStatus ended = Descend(start, cancellationToken);
            bool isBetter = _search.Value < least || (_search.Value <= least * (1 + 1e-9) && ended == SolveStatus.Converged && status != SolveStatus.Converged);
            if (ended != SolveStatus.Diverged && isBetter)
            {
                (least, status, iterations) = (_search.Value, ended, _search.Tries);
                _search.Point.CopyTo(_best);
            }

            if (ended == SolveStatus.Converged)
            {
                _equals.Add(_search.Value, _search.Point);
            }
        }

        if (status == SolveStatus.Diverged)
        {
            return CurveEstimate.Missing(_width, _row.Count, SolveStatus.Diverged);
        }

        if (searches > 1)
        {
            _equals.Choose(_best, least, cancellationToken);
            Unalias(least, cancellationToken);
            _form.Settle(_best);

            // Where rounding ends this search at once, the one before has told.
            SolveStatus ended = Search(_best, cancellationToken);
            status = ended is SolveStatus.Converged or SolveStatus.Singular ? ended : status;
        }

        if (status is SolveStatus.StepUnderflow or SolveStatus.MaximumIterations && _kinks.HasKinks)
        {
            status = _kinks.Settle(status, cancellationToken);
        }

        return Estimate(iterations, status);
    }

    // The best fit may be one of several that noise decides between.
    private void Unalias(double least, CancellationToken cancellationToken)
    {
        if (_aliases?.Fold(_best) is not { } folded)
        {
            return;
        }

        double freedom = Math.Max(_row.Count - _width, 1);
        double most = (least * (1 + (Significant * Significant / freedom))) + _row.RoundingLoss;
        if (Search(folded, cancellationToken) == SolveStatus.Converged && _search.Value <= most)
        {
            _search.Point.CopyTo(_best);
        }
    }

    /// <summary>The curve at all points of a row, for parameters.</summary>
    public double[] Evaluate(CurvePoints points, double[] parameters)
    {
        double[] inputs = new double[points.Values.Length * points.Inputs.Count];
        for (int k = 0; k < points.Inputs.Count; k++)
        {
            Span<double> target = inputs.AsSpan(k * points.Values.Length, points.Values.Length);
            if (points.Inputs[k].Length == 1)
            {
                target.Fill(points.Inputs[k][0]);
            }
            else
            {
                points.Inputs[k].CopyTo(target);
            }
        }

        _tape.Begin(inputs, points.Values.Length);
        return _tape.Evaluate(parameters).ToArray();
    }

    /// <summary>
    /// Searches from a start. A loss that redescends would forget every point of a start that is far from all: it is approached from Huber's fit or a start that is clear of
    /// outliers, with a scale that begins at what the residuals there show and halves from search to search (graduated non-convexity: Blake and Zisserman, 1987). Starts that lead to
    /// where one has led before are not followed further.
    /// </summary>
    private SolveStatus Descend(CurveStart start, CancellationToken cancellationToken)
    {
        RobustLoss loss = _plan.Options.Loss;
        double[] point = start.Parameters;
        if (loss.Redescends)
        {
            if (!start.IsClear)
            {
                point = Approach(point, loss.Convex, cancellationToken);
            }

            Span<double> residuals = _workspace.Residuals(_row.Count);
            _row.Residuals(_tape.Evaluate(point), residuals);
            for (double scale = (start.IsClear ? 1 : WideScale) * MedianDeviation.Of(residuals); scale > loss.Scale && double.IsFinite(scale); scale /= 2)
            {
                point = Approach(point, loss.At(scale), cancellationToken);
            }

            double[] curve = _tape.Evaluate(point).ToArray();
            if (_approached.Exists(other => TensorPrimitives.Distance<double>(other, curve) <= SameCurve * loss.Scale))
            {
                return SolveStatus.Diverged;
            }

            _approached.Add(curve);
        }

        return Search(point, cancellationToken);
    }

    private double[] Approach(double[] start, RobustLoss loss, CancellationToken cancellationToken)
    {
        _approach.Loss = loss;
        return Run(_approach, start, _plan.Lower, _plan.Upper, isProjected: false, cancellationToken) == SolveStatus.Diverged ? start : _approach.Point.ToArray();
    }

    // Where parameters in which the curve is affine must follow the others over many orders of magnitude, as the factor of an exponential far from zero, steps of all of them
    // together creep along a narrow valley, whose floor variable projection walks on. It sets out again, for it may also lead to where two terms cancel, which other steps avoid.
    private SolveStatus Search(double[] start, CancellationToken cancellationToken)
    {
        SolveStatus ended = Search(start, isProjected: false, cancellationToken);
        if (ended == SolveStatus.Converged || !_plan.Affine.Applies(_row))
        {
            return ended;
        }

        double value = ended == SolveStatus.Diverged ? double.PositiveInfinity : _search.Value;
        double[] point = _search.Point.ToArray();
        SolveStatus projected = Search(start, isProjected: true, cancellationToken);
        bool isBetter = projected != SolveStatus.Diverged && (projected == SolveStatus.Converged || _search.Value < value);
        return isBetter ? projected : Search(point, isProjected: false, cancellationToken);
    }

    // A part of the curve, the parameters of whose other parts stay.
    private double[]? Fit(double[] start, IReadOnlyList<int> held, CancellationToken cancellationToken)
    {
        double[] lower = [.. _plan.Lower], upper = [.. _plan.Upper];
        foreach (int parameter in held)
        {
            lower[parameter] = upper[parameter] = start[parameter];
        }

        _search.Loss = _plan.Options.Loss.Convex;
        SolveStatus ended = SearchWithin(start, lower, upper, cancellationToken);
        _search.Loss = _plan.Options.Loss;
        return ended == SolveStatus.Diverged ? null : _search.Point.ToArray();
    }

    private SolveStatus Search(double[] start, bool isProjected, CancellationToken cancellationToken) => Run(_search, start, _plan.Lower, _plan.Upper, isProjected, cancellationToken);

    private SolveStatus SearchWithin(double[] start, double[] lower, double[] upper, CancellationToken cancellationToken) =>
        Run(_search, start, lower, upper, isProjected: false, cancellationToken);

    private SolveStatus Run(LeastSquaresSearch search, double[] start, double[] lower, double[] upper, bool isProjected, CancellationToken cancellationToken)
    {
        search.Begin(start, lower, upper, _row.Count);
        while (search.Status is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (isProjected)
            {
                Project(search.Candidate);
            }

            Span<double> residuals = _workspace.Residuals(_row.Count), jacobian = _workspace.Jacobian(_row.Count);
            _row.Residuals(_tape.Evaluate(search.Candidate), residuals);
            if (search.Observe(residuals))
            {
                _tape.Differentiate(jacobian);
                for (int j = 0; j < _width; j++)
                {
                    Span<double> column = jacobian.Slice(j * _row.Count, _row.Count);
                    _row.Weigh(column, column);
                }

                search.Linearize(jacobian);
            }
        }

        return search.Status.Value;
    }

    // Where bounds are in the way, the candidate stays what the search proposes.
    private void Project(Span<double> candidate)
    {
        candidate.CopyTo(_projected);
        _plan.Affine.Apply(_tape, _row, _search.Loss, _projected, _workspace);
        if (_plan.Allows(_projected))
        {
            _projected.CopyTo(candidate);
        }
    }

    // The search stands at the best point.
    private CurveEstimate Estimate(int iterations, SolveStatus status)
    {
        Span<double> residuals = _workspace.Residuals(_row.Count);
        double[] parameters = _search.Point.ToArray();
        _row.Residuals(_tape.Evaluate(parameters), residuals);
        var uncertainty = new CurveUncertainty(_plan, _row, _search, residuals);
        return new CurveEstimate(parameters, uncertainty.Covariance, uncertainty.ResidualDeviation, _search.Value, _row.Count, iterations, uncertainty.Judge(status, parameters, _tape));
    }
}
