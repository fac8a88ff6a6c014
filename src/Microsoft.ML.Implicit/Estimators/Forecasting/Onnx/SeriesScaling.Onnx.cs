using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The units within an ONNX file, where numbers of variables are float64 [rows, variables].</content>
internal sealed partial record SeriesScaling
{
    /// <summary>A number of each variable, [1, variables].</summary>
    public OnnxValue Constant(OnnxGraph graph, Func<VariableScale, double> number) =>
        graph.Constant(Array.ConvertAll(Variables, variable => number(variable)), OnnxType.Double, 1, Variables.Length);

    public OnnxValue Gap(OnnxValue duration) => ((duration.Maximum(duration.Graph.Number(0, OnnxType.Double)) / MedianGap) + 1).Log();

    public OnnxValue Level(OnnxValue value)
    {
        OnnxValue bounded = value.Clamp(-FarthestLevel, FarthestLevel);
        OnnxValue power = Repeat((bounded / ClipScale).Abs(), factor => factor * factor);
        return bounded / Repeat(power + 1, root => root.Sqrt());

        OnnxValue Repeat(OnnxValue start, Func<OnnxValue, OnnxValue> function) => Enumerable.Range(0, Sharpness).Aggregate(start, (result, _) => function(result));
    }

    public static OnnxValue Clip(OnnxValue value) => value / (((value / ClipScale) * (value / ClipScale)) + 1).Sqrt();

    /// <summary>The seasons that a network is told, behind the dimensions of the times; null where there are none.</summary>
    public OnnxValue? Seasons(OnnxValue times) => Harmonics(times, HarmonicsShown);

    /// <summary>The seasonal components, [..., variables] of times [...].</summary>
    public OnnxValue Seasonal(OnnxValue times) => Seasonal(times, Variables);

    /// <summary>The seasonal component of one variable, in the shape of the times.</summary>
    public OnnxValue Seasonal(OnnxValue times, int variable) => Seasonal(times, [Variables[variable]]).Squeeze(-1);

    private OnnxValue Seasonal(OnnxValue times, VariableScale[] variables)
    {
        if (Harmonics(times, SeasonalComponent.Harmonics) is not { } harmonics)
        {
            return times.Unsqueeze(-1) * 0;
        }

        int count = SeasonalComponent.CoefficientCount(Periods.Length);
        double[] coefficients = [.. Enumerable.Range(0, count).SelectMany(i => variables.Select(variable => variable.Seasonal[i]))];
        return harmonics.MatrixProduct(times.Graph.Constant(coefficients, OnnxType.Double, count, variables.Length));
    }

    /// <summary>The values that forecasts start from.</summary>
    /// <param name="last">Last values.</param>
    /// <param name="previous">The values before, NaN where there are none.</param>
    public OnnxValue ForecastStart(OnnxValue last, OnnxValue previous)
    {
        OnnxGraph graph = last.Graph;
        OnnxValue lowest = Lowest(graph), highest = Highest(graph), step = Constant(graph, variable => ClipScale * variable.StepScale);
        return last.Maximum((previous < lowest).Where(previous - step, lowest)).Minimum((previous > highest).Where(previous + step, highest));
    }

    /// <summary>The least half-widths of intervals.</summary>
    public OnnxValue LeastHalfWidth(OnnxValue start) =>
        (start - start.Maximum(Lowest(start.Graph)).Minimum(Highest(start.Graph))).Abs() * ForeignLevelShare;

    /// <summary>How far from forecasts, [rows, variables, times], series may be since their last values are in doubt.</summary>
    /// <param name="forecast">Forecasts.</param>
    /// <param name="start">Values that forecasts start from.</param>
    /// <param name="last">Last values.</param>
    /// <param name="previous">The values before, NaN where there are none.</param>
    public OnnxValue Doubt(OnnxValue forecast, OnnxValue start, OnnxValue last, OnnxValue previous)
    {
        OnnxValue isLong = ((last - previous).Abs() > Constant(last.Graph, variable => LongestUsualStep * variable.StepScale)).Unsqueeze(2);
        OnnxValue isBeyond = ((last - start).Abs() > 0).Unsqueeze(2);
        OnnxValue ofLast = (isLong | isBeyond).Where((forecast - last.Unsqueeze(2)).Abs(), 0);
        return isLong.Where(ofLast.Maximum((forecast - previous.Unsqueeze(2)).Abs()), ofLast);
    }

    private OnnxValue Lowest(OnnxGraph graph) => Constant(graph, variable => Reach(variable, -1));

    private OnnxValue Highest(OnnxGraph graph) => Constant(graph, variable => Reach(variable, 1));

    private static double Reach(VariableScale variable, int sign) =>
        variable.LevelMemory is null ? variable.LevelCenter + (sign * ClipScale * variable.LevelScale) : sign * double.MaxValue;

    // Sines and cosines, which ONNX has for float32 alone, of phases in float64.
    private OnnxValue? Harmonics(OnnxValue times, int count)
    {
        var waves = new List<OnnxValue>();
        foreach (double period in Periods)
        {
            OnnxValue turns = times / period;
            OnnxValue phase = (turns - turns.Floor()) * Math.Tau;
            for (int k = 1; k <= count; k++)
            {
                OnnxValue angle = (phase * k).To(OnnxType.Single);
                waves.Add(angle.Sin().Unsqueeze(-1));
                waves.Add(angle.Cos().Unsqueeze(-1));
            }
        }

        return waves.Count == 0 ? null : OnnxValue.Concatenate(-1, [.. waves]).To(OnnxType.Double);
    }
}
