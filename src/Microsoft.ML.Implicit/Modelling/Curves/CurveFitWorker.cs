using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>Fits rows one after another on one thread.</summary>
internal sealed class CurveFitWorker
{
    // Searches that set out from the best start of each part of those drawn.
    private const int Searches = 16;

    private readonly CurveFitPlan _plan;
    private readonly int _width;
    private readonly CurveTape _tape;
    private readonly LeastSquaresSearch _search;
    private readonly CurveRow _row = new();
    private readonly CurveWorkspace _workspace;
    private readonly double[] _best;
    private readonly double[] _start;
    private readonly double[][] _starts;

    public CurveFitWorker(CurveFitPlan plan)
    {
        _plan = plan;
        _width = plan.Curve.Parameters.Count;
        _tape = new CurveTape(plan.Curve.Graph, _width);
        _search = new LeastSquaresSearch(_width, plan.Options.Search, plan.Options.Loss);
        _workspace = new CurveWorkspace(_width);
        (_best, _start) = (new double[_width], new double[_width]);
        _starts = [.. Enumerable.Range(0, Math.Min(Searches, plan.Starts.Count)).Select(_ => new double[_width])];
    }

    public CurveEstimate Fit(CurvePoints points, CancellationToken cancellationToken)
    {
        if (!_row.Read(points))
        {
            return Missing(SolveStatus.InvalidInput);
        }

        _tape.Begin(_row.Inputs, _row.Count);
        int iterations = 0;
        double least = double.PositiveInfinity;
        SolveStatus status = SolveStatus.Diverged;
        foreach (double[] start in ChooseStarts())
        {
            SolveStatus ended = Search(start, cancellationToken);
            bool isBetter = _search.Value < least || (_search.Value <= least * (1 + 1e-9) && ended == SolveStatus.Converged && status != SolveStatus.Converged);
            if (ended != SolveStatus.Diverged && isBetter)
            {
                (least, status, iterations) = (_search.Value, ended, _search.Tries);
                _search.Point.CopyTo(_best);
            }
        }

        if (status == SolveStatus.Diverged)
        {
            return Missing(SolveStatus.Diverged);
        }

        if (_starts.Length > 1)
        {
            Search(_best, cancellationToken);
        }

        return Estimate(iterations, status);
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

    private double[][] ChooseStarts()
    {
        if (_plan.Starts.Count == 1)
        {
            _plan.Starts.Draw(0, _tape, _row, _starts[0], _workspace);
            return _starts;
        }

        Span<double> least = stackalloc double[Searches];
        least.Fill(double.PositiveInfinity);
        for (int draw = 0; draw < _plan.Starts.Count; draw++)
        {
            int part = draw % _starts.Length;
            _plan.Starts.Draw(draw, _tape, _row, _start, _workspace);
            double loss = Loss(_start);
            if (loss < least[part])
            {
                least[part] = loss;
                _start.CopyTo(_starts[part], 0);
            }
        }

        return _starts;
    }

    private double Loss(ReadOnlySpan<double> parameters)
    {
        Span<double> residuals = _workspace.Residuals(_row.Count);
        _row.Residuals(_tape.Evaluate(parameters), residuals);
        double loss = 0;
        foreach (double residual in residuals)
        {
            loss += _plan.Options.Loss.Value(residual);
        }

        return loss;
    }

    private SolveStatus Search(double[] start, CancellationToken cancellationToken)
    {
        Span<double> residuals = _workspace.Residuals(_row.Count), jacobian = _workspace.Jacobian(_row.Count);
        _search.Begin(start, _plan.Lower, _plan.Upper, _row.Count);
        while (_search.Status is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _row.Residuals(_tape.Evaluate(_search.Candidate), residuals);
            if (_search.Observe(residuals))
            {
                _tape.Differentiate(jacobian);
                for (int j = 0; j < _width; j++)
                {
                    Span<double> column = jacobian.Slice(j * _row.Count, _row.Count);
                    _row.Weigh(column, column);
                }

                _search.Linearize(jacobian);
            }
        }

        return _search.Status.Value;
    }

    // The search stands at the best point.
    private CurveEstimate Estimate(int iterations, SolveStatus status)
    {
        Span<double> residuals = _workspace.Residuals(_row.Count);
        double[] parameters = _search.Point.ToArray();
        _row.Residuals(_tape.Evaluate(parameters), residuals);
        int free = Enumerable.Range(0, _width).Count(j => !_search.IsHeld(j)), freedom = _row.Count - free;
        double deviation = freedom > 0 ? Math.Sqrt(TensorPrimitives.SumOfSquares<double>(residuals) / freedom) : double.NaN;
        double influence = 0, curvature = 0, weight = 0;
        RobustLoss loss = _plan.Options.Loss;
        foreach (double residual in residuals)
        {
            double w = loss.Weight(residual);
            influence += w * residual * w * residual;
            curvature += loss.Curvature(residual) / _row.Count;
            weight += w / _row.Count;
        }

        // (ψ²/(n − p)) / mean(ψ')² (JᵀJ)⁻¹, where the information has the weights ψ/r in place of ones.
        double variance = freedom > 0 && curvature > 0 ? influence / freedom * weight / (curvature * curvature) : double.NaN;
        double[] covariance = _search.InverseInformation();
        for (int k = 0; k < covariance.Length; k++)
        {
            bool isHeld = _search.IsHeld(k / _width) || _search.IsHeld(k % _width);
            covariance[k] = isHeld ? 0 : covariance[k] * variance;
        }

        SolveStatus ended = status == SolveStatus.Converged && _row.Count < free ? SolveStatus.Singular : status;
        if (ended == SolveStatus.Singular)
        {
            Array.Fill(covariance, double.NaN);
        }

        return new CurveEstimate(parameters, covariance, deviation, _search.Value, _row.Count, iterations, ended);
    }

    private CurveEstimate Missing(SolveStatus status)
    {
        double[] parameters = new double[_width], covariance = new double[_width * _width];
        Array.Fill(parameters, double.NaN);
        Array.Fill(covariance, double.NaN);
        return new CurveEstimate(parameters, covariance, double.NaN, double.NaN, _row.Count, 0, status);
    }
}
