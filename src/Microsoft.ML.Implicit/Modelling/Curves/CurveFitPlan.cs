using Microsoft.ML.Implicit.Modelling.Curves.Starts;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>What all rows of a fit have in common.</summary>
internal sealed class CurveFitPlan
{
    /// <exception cref="ArgumentException">A setting names a parameter that the curve lacks, or is out of range.</exception>
    public CurveFitPlan(Curve curve, CurveFitOptions options)
    {
        (Curve, Options) = (curve, options);
        options.Search.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaximumParallelism, nameof(options.MaximumParallelism));
        double?[] given = Values(nameof(options.StartingValues), options.StartingValues);
        Lower = [.. Values(nameof(options.LowerBounds), options.LowerBounds).Select(bound => bound ?? double.NegativeInfinity)];
        Upper = [.. Values(nameof(options.UpperBounds), options.UpperBounds).Select(bound => bound ?? double.PositiveInfinity)];
        for (int i = 0; i < given.Length; i++)
        {
            string name = curve.Parameters[i];
            if (given[i] is { } start && !double.IsFinite(start))
            {
                throw Impossible(nameof(options.StartingValues), $"gives '{name}' {start}, which is not finite");
            }

            if (!(Lower[i] <= Upper[i]))
            {
                throw Impossible(nameof(options.LowerBounds), $"and UpperBounds leave '{name}' no value: {Lower[i]} to {Upper[i]}");
            }

            if (given[i] < Lower[i] || given[i] > Upper[i])
            {
                throw Impossible(nameof(options.StartingValues), $"gives '{name}' {given[i]}, outside of its bounds {Lower[i]} to {Upper[i]}");
            }
        }

        ParameterUnit[] units = ParameterUnits.Find(curve);
        IsAffine = LinearParameters.Find(curve, units);
        Affine = new AffineProjection([.. Enumerable.Range(0, given.Length).Where(i => IsAffine[i] && Lower[i] < Upper[i])]);
        Starts = new CurveStarts(this, given, units);
    }

    public Curve Curve { get; }

    public CurveFitOptions Options { get; }

    public CurveStarts Starts { get; }

    /// <summary>Which parameters the curve is affine in, all of them together, while the others stay.</summary>
    public IReadOnlyList<bool> IsAffine { get; }

    /// <summary>Moves the parameters in which the curve is affine.</summary>
    public AffineProjection Affine { get; }

    public double[] Lower { get; }

    public double[] Upper { get; }

    /// <summary>Whether a parameter may have a value.</summary>
    public bool Allows(int parameter, double value) => value >= Lower[parameter] && value <= Upper[parameter];

    /// <summary>Whether all parameters may have their values.</summary>
    public bool Allows(double[] parameters)
    {
        for (int j = 0; j < parameters.Length; j++)
        {
            if (!Allows(j, parameters[j]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Moves parameters that are beyond their bounds to these.</summary>
    public void KeepToBounds(Span<double> parameters)
    {
        for (int j = 0; j < parameters.Length; j++)
        {
            parameters[j] = Math.Min(Math.Max(parameters[j], Lower[j]), Upper[j]);
        }
    }

    private double?[] Values(string setting, IReadOnlyDictionary<string, double> values)
    {
        string? unknown = values.Keys.FirstOrDefault(name => !Curve.Parameters.Contains(name));
        return unknown is null
            ? [.. Curve.Parameters.Select(name => values.TryGetValue(name, out double value) ? value : (double?)null)]
            : throw Impossible(setting, $"names '{unknown}', which is no parameter of '{Curve}'; these are {string.Join(", ", Curve.Parameters)}");
    }

    private static ArgumentException Impossible(string setting, string reason) => new($"{setting} {reason}.", setting);
}
