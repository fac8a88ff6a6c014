namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// Starts for a curve's parameters, drawn from Halton's sequence in the units that they must have, so that a change of units changes nothing. The parameters in which the curve
/// is affine are not drawn but solved for.
/// </summary>
internal sealed class CurveStarts
{
    // A bound on what one row costs: with one parameter to draw a few dozen find its scale.
    private const int FewestDraws = 64;
    private const int MostDraws = 1024;

    // Outliers lose half of their influence or more in each.
    private const int RobustSteps = 8;

    private static readonly int[] Primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

    private readonly double?[] _given;
    private readonly CurveFitPlan _plan;
    private readonly double[][] _units;
    private readonly int[] _drawn;
    private readonly AffineProjection _affine;

    public CurveStarts(CurveFitPlan plan, double?[] given)
    {
        (_plan, _given) = (plan, given);
        _units = ParameterUnits.Find(plan.Curve);
        _affine = new AffineProjection([.. Enumerable.Range(0, given.Length).Where(i => plan.IsAffine[i] && given[i] is null)]);
        _drawn = [.. Enumerable.Range(0, given.Length).Where(i => !plan.IsAffine[i] && given[i] is null)];
        bool hasChoice = _drawn.Length > 0 || (_affine.Count > 0 && plan.Options.Loss.Redescends);
        Count = !hasChoice ? 1 : Math.Min(FewestDraws << Math.Clamp(2 * (_drawn.Length - 1), 0, 10), MostDraws);
    }

    /// <summary>Number of starts.</summary>
    public int Count { get; }

    /// <summary>Parameters that have no start and are not solved for.</summary>
    public IReadOnlyList<int> Drawn => _drawn;

    /// <summary>Sets parameters to a start.</summary>
    /// <param name="draw">Which.</param>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="parameters">Receives the start.</param>
    /// <param name="workspace">Room for derivatives.</param>
    public void Draw(int draw, CurveTape tape, CurveRow row, Span<double> parameters, CurveWorkspace workspace)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            parameters[i] = _given[i] ?? 0;
        }

        for (int k = 0; k < _drawn.Length; k++)
        {
            int i = _drawn[k];
            double u = Halton(draw + 1, k), value = !IsPlace(i) ? Size(row, i, u) : u < 0.5 ? Place(row, i, 2 * u) : Size(row, i, (2 * u) - 1);
            parameters[i] = Math.Min(Math.Max(value, _plan.Lower[i]), _plan.Upper[i]);
        }

        Solve(tape, row, parameters, workspace);
    }

    /// <summary>Solves for the parameters in which the curve is affine and which have no start.</summary>
    /// <inheritdoc cref="Draw"/>
    public void Solve(CurveTape tape, CurveRow row, Span<double> parameters, CurveWorkspace workspace)
    {
        if (!_affine.Applies(row))
        {
            return;
        }

        for (int step = 0; step < (_plan.Options.Loss.IsSquares ? 1 : RobustSteps); step++)
        {
            _affine.Apply(tape, row, _plan.Options.Loss.Convex, parameters, workspace);
        }

        KeepToBounds(parameters);
    }

    /// <summary>Sets the parameters in which the curve is affine so that it goes through points that are drawn, most of which are no outliers (Rousseeuw, 1984).</summary>
    /// <inheritdoc cref="Draw"/>
    public void PassThrough(int draw, CurveTape tape, CurveRow row, Span<double> parameters, CurveWorkspace workspace)
    {
        if (_affine.Applies(row))
        {
            _affine.PassThrough(tape, row, point => (int)(row.Count * Halton(draw + 1, _drawn.Length + point)), parameters, workspace);
            KeepToBounds(parameters);
        }
    }

    /// <summary>What a parameter is measured in, made of the row's largest value and of how far its inputs reach; 1 where it has no unit.</summary>
    public double Unit(CurveRow row, int parameter)
    {
        double unit = 1;
        for (int k = 0; k < _units[parameter].Length; k++)
        {
            unit *= _units[parameter][k] == 0 ? 1 : Math.Pow(k == 0 ? row.Magnitude : row.Span(k - 1), _units[parameter][k]);
        }

        return unit;
    }

    private void KeepToBounds(Span<double> parameters)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            parameters[i] = Math.Min(Math.Max(parameters[i], _plan.Lower[i]), _plan.Upper[i]);
        }
    }

    private static double Halton(int index, int dimension)
    {
        int radix = Primes[dimension % Primes.Length];
        double result = 0, fraction = 1.0 / radix;
        for (; index > 0; index /= radix, fraction /= radix)
        {
            result += fraction * (index % radix);
        }

        return result;
    }

    // What is measured as an input is may be a place within its range as well as a width.
    private bool IsPlace(int parameter) => _units[parameter][0] == 0 && Array.IndexOf(_units[parameter], 1.0) > 0 && _units[parameter].Count(power => power != 0) == 1;

    private double Place(CurveRow row, int parameter, double u)
    {
        (double least, double most) = row.Range(Array.IndexOf(_units[parameter], 1.0) - 1);
        return least + (u * (most - least));
    }

    // A quarter are negative; sizes without a unit are nearer to one.
    private double Size(CurveRow row, int parameter, double u)
    {
        double decades = _units[parameter].Any(power => power != 0) ? 2 : 1;
        (double sign, double v) = u < 0.75 ? (1, u / 0.75) : (-1, (u - 0.75) / 0.25);
        return sign * Unit(row, parameter) * Math.Pow(10, decades * ((2 * v) - 1));
    }
}
