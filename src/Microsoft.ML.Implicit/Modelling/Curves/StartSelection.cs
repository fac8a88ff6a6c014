namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>Chooses the starts of a row's searches among those drawn, on one thread.</summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="workspace">Room for derivatives.</param>
internal sealed class StartSelection(CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace)
{
    // Searches that set out from the best start of each part of those drawn.
    private const int Parts = 16;

    // Scans for frequencies, each beside another draw of what is no frequency.
    private const int Scans = 4;

    private readonly FrequencyScan? _frequencies = FrequencyScan.Create(plan, tape, row, workspace);
    private readonly double[] _draw = new double[plan.Curve.Parameters.Count];
    private readonly double[][] _drawn = Room(plan, Math.Min(plan.Starts.Drawn.Count > 0 ? Parts : 1, plan.Starts.Count));
    private readonly double[][] _clear = Room(plan, plan.Options.Loss.Redescends && plan.Starts.Count > 1 ? Parts : 0);

    /// <summary>The starts of the row.</summary>
    public IEnumerable<CurveStart> Choose()
    {
        IEnumerable<CurveStart> starts = ChooseDrawn().Select(start => new CurveStart(start, IsClear: false));
        if (_clear.Length > 0)
        {
            starts = starts.Concat(ChooseClear().Select(start => new CurveStart(start, IsClear: true)));
        }

        return _frequencies is null ? starts : starts.Concat(Scan(_frequencies).Select(start => new CurveStart(start, IsClear: false)));
    }

    private double[][] ChooseDrawn() => Choose(_drawn, (draw, start) =>
    {
        plan.Starts.Draw(draw, tape, row, start, workspace);
        return plan.Options.Loss.Convex.Total(Residuals(start));
    });

    // Outliers at the end of a row, or many of them, draw any fit that begins with all points to them.
    private double[][] ChooseClear() => Choose(_clear, (draw, start) =>
    {
        plan.Starts.Draw(draw, tape, row, start, workspace);
        plan.Starts.PassThrough(draw, tape, row, start, workspace);
        return MedianDeviation.Of(Residuals(start));
    });

    private double[][] Choose(double[][] chosen, Func<int, double[], double> judge)
    {
        Span<double> least = stackalloc double[Parts];
        least.Fill(double.PositiveInfinity);
        for (int draw = 0; draw < plan.Starts.Count; draw++)
        {
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

    private List<double[]> Scan(FrequencyScan frequencies)
    {
        List<double[]> starts = [];
        bool depends = true;
        for (int scan = 0; scan < Scans && depends; scan++)
        {
            double[] start = new double[_draw.Length];
            plan.Starts.Draw(scan, tape, row, start, workspace);
            depends = frequencies.Improve(start);
            starts.Add(start);
        }

        return starts;
    }

    private static double[][] Room(CurveFitPlan plan, int count) => [.. Enumerable.Range(0, count).Select(_ => new double[plan.Curve.Parameters.Count])];

    private Span<double> Residuals(ReadOnlySpan<double> parameters)
    {
        Span<double> residuals = workspace.Residuals(row.Count);
        row.Residuals(tape.Evaluate(parameters), residuals);
        return residuals;
    }
}
