using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>Chooses the starts of a row's searches among those drawn, on one thread.</summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="workspace">Room for derivatives.</param>
/// <param name="frequencies">The scan for frequencies, of which a curve may have none.</param>
/// <param name="seasons">Places seasons beside their trend, of which a curve may have none.</param>
/// <param name="terms">Places terms of a sum one by one, of which a curve may have too few.</param>
internal sealed class StartSelection(CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace, FrequencyScan? frequencies, SeasonPlacement? seasons, TermPlacement? terms)
{
    // Searches that set out from the best start of each part of those drawn.
    private const int Parts = 16;

    // Scans for frequencies, each beside another draw of what is no frequency.
    private const int Scans = 4;

    // Where outliers count less, how good a frequency is shows less clearly than in the sum of squares.
    private const int RobustFrequencies = 8;

    private readonly double[] _draw = new double[plan.Curve.Parameters.Count];
    private readonly double[][] _drawn = Room(plan, Math.Min(plan.Starts.Drawn.Count > 0 ? Parts : 1, plan.Starts.Count));
    private readonly double[][] _clear = Room(plan, plan.Options.Loss.Redescends && plan.Starts.Count > 1 ? Parts : 0);

    /// <summary>The starts of the row.</summary>
    /// <param name="cancellationToken">Looked at in every draw and at every frequency, and handed to fits of parts of the curve.</param>
    public IEnumerable<CurveStart> Choose(CancellationToken cancellationToken)
    {
        IEnumerable<CurveStart> starts = ChooseDrawn(cancellationToken).Select(start => new CurveStart(start, IsClear: false));
        if (_clear.Length > 0)
        {
            starts = starts.Concat(ChooseClear(cancellationToken).Select(start => new CurveStart(start, IsClear: true)));
        }

        if (frequencies is not null)
        {
            starts = starts.Concat(Scan(frequencies, isClear: false, cancellationToken));
            starts = _clear.Length > 0 ? starts.Concat(Scan(frequencies, isClear: true, cancellationToken)) : starts;
        }

        starts = seasons is null ? starts : starts.Concat(Improve(scan: null, seasons.Place(cancellationToken), cancellationToken));
        return terms is null ? starts : starts.Concat(Improve(frequencies, terms.Place(cancellationToken), cancellationToken));
    }

    private double[][] ChooseDrawn(CancellationToken cancellationToken) => Choose(_drawn, (draw, start) =>
    {
        plan.Starts.Draw(draw, tape, row, start, workspace);
        return plan.Options.Loss.Convex.Total(Residuals(start));
    }, cancellationToken);

    // Outliers at the end of a row, or many of them, draw any fit that begins with all points to them.
    private double[][] ChooseClear(CancellationToken cancellationToken) => Choose(_clear, (draw, start) =>
    {
        plan.Starts.Draw(draw, tape, row, start, workspace);
        plan.Starts.PassThrough(draw, tape, row, start, workspace);
        return MedianDeviation.Of(Residuals(start));
    }, cancellationToken);

    private double[][] Choose(double[][] chosen, Func<int, double[], double> judge, CancellationToken cancellationToken)
    {
        Span<double> least = stackalloc double[Parts];
        least.Fill(double.PositiveInfinity);
        for (int draw = 0; draw < plan.Starts.Count; draw++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int part = draw % chosen.Length;
            double loss = judge(draw, _draw);
            if (loss < least[part] || draw == part)
            {
                least[part] = loss;
                _draw.CopyTo(chosen[part], 0);
            }
        }

        return chosen;
    }

    private List<CurveStart> Scan(FrequencyScan scan, bool isClear, CancellationToken cancellationToken)
    {
        List<CurveStart> starts = [];
        bool depends = true;
        for (int draw = 0; draw < Scans && depends; draw++)
        {
            double[] start = new double[_draw.Length];
            plan.Starts.Draw(draw, tape, row, start, workspace);
            depends = scan.DependsOnDraw(start);
            int count = plan.Options.Loss.IsSquares ? 1 : RobustFrequencies;
            starts.AddRange(scan.Improve(start, isClear, count, cancellationToken).Select(found => new CurveStart(found, isClear)));
        }

        return starts;
    }

    // Starts that are found in steps, where there are any.
    private static IEnumerable<CurveStart> Improve(FrequencyScan? scan, double[]? start, CancellationToken cancellationToken)
    {
        List<double[]> starts = start is null ? [] : scan is null ? [start] : scan.Improve(start, isClear: false, count: 1, cancellationToken);
        return starts.Select(found => new CurveStart(found, IsClear: false));
    }

    private static double[][] Room(CurveFitPlan plan, int count) => [.. Enumerable.Range(0, count).Select(_ => new double[plan.Curve.Parameters.Count])];

    private Span<double> Residuals(ReadOnlySpan<double> parameters)
    {
        Span<double> residuals = workspace.Residuals(row.Count);
        row.Residuals(tape.Evaluate(parameters), residuals);
        return residuals;
    }
}
