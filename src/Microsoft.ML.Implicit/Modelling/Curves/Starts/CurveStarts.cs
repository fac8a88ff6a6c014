using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

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

    // The share of sizes that are positive.
    private const double Positive = 0.75;

    private static readonly int[] Primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

    private readonly double?[] _given;
    private readonly CurveFitPlan _plan;
    private readonly ParameterUnit[] _units;
    private readonly int[] _drawn;
    private readonly AffineProjection _affine;

    public CurveStarts(CurveFitPlan plan, double?[] given, ParameterUnit[] units)
    {
        (_plan, _given, _units) = (plan, given, units);
        int[] free = [.. Enumerable.Range(0, given.Length).Where(i => given[i] is null)];
        Solved = [.. free.Where(i => plan.IsAffine[i])];
        _affine = new AffineProjection([.. Solved]);
        _drawn = [.. free.Where(i => !plan.IsAffine[i])];
        bool hasChoice = _drawn.Length > 0 || (_affine.Count > 0 && plan.Options.Loss.Redescends);
        Count = !hasChoice ? 1 : Math.Min(FewestDraws << Math.Clamp(2 * (_drawn.Length - 1), 0, 10), MostDraws);
    }

    /// <summary>Number of starts.</summary>
    public int Count { get; }

    /// <summary>Parameters that have no start and are not solved for.</summary>
    public IReadOnlyList<int> Drawn => _drawn;

    /// <summary>Parameters in which the curve is affine and which have no start.</summary>
    public IReadOnlyList<int> Solved { get; }

    /// <summary>Sets parameters to a start.</summary>
    /// <param name="draw">Which.</param>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="parameters">Receives the start.</param>
    /// <param name="workspace">Room for derivatives.</param>
    public void Draw(int draw, CurveTape tape, CurveRow row, Span<double> parameters, CurveWorkspace workspace)
    {
        Draw(draw, row, parameters);
        Solve(tape, row, parameters, workspace);
    }

    /// <summary>Sets the parameters that are drawn and those that have a start, and all others to zero.</summary>
    /// <inheritdoc cref="Draw(int, CurveTape, CurveRow, Span{double}, CurveWorkspace)"/>
    public void Draw(int draw, CurveRow row, Span<double> parameters)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            parameters[i] = _given[i] ?? 0;
        }

        for (int k = 0; k < _drawn.Length; k++)
        {
            int i = _drawn[k];
            double u = Halton(draw + 1, k), v = (2 * u) - Math.Floor(2 * u);
            double value = _units[i] switch
            {
                { IsLevel: true } => u < 0.5 ? Level(row, i, v) : Size(row, i, v),
                { PlaceInput: >= 0 } => u < 0.5 ? Place(row, i, v) : WidthOrPlaceBeyond(row, i, v),
                _ => Size(row, i, u),
            };
            parameters[i] = Math.Min(Math.Max(value, _plan.Lower[i]), _plan.Upper[i]);
        }
    }

    /// <summary>Solves for the parameters in which the curve is affine and which have no start.</summary>
    /// <inheritdoc cref="Draw(int, CurveTape, CurveRow, Span{double}, CurveWorkspace)"/>
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

        _plan.KeepToBounds(parameters);
    }

    /// <summary>Sets the parameters in which the curve is affine so that it goes through points that are drawn, most of which are no outliers (Rousseeuw, 1984).</summary>
    /// <inheritdoc cref="Draw(int, CurveTape, CurveRow, Span{double}, CurveWorkspace)"/>
    public void PassThrough(int draw, CurveTape tape, CurveRow row, Span<double> parameters, CurveWorkspace workspace)
    {
        if (_affine.Applies(row))
        {
            _affine.PassThrough(tape, row, point => (int)(row.Count * Halton(draw + 1, _drawn.Length + point)), parameters, workspace);
            _plan.KeepToBounds(parameters);
        }
    }

    /// <summary>What a parameter is measured in, made of the row's largest value and of how far its inputs reach; 1 where it has no unit.</summary>
    public double Unit(CurveRow row, int parameter)
    {
        (double values, double[] inputs, double unit) = _units[parameter];
        unit *= values == 0 ? 1 : Math.Pow(row.Magnitude, values);
        for (int k = 0; k < inputs.Length; k++)
        {
            unit *= inputs[k] == 0 ? 1 : Math.Pow(row.Span(k), inputs[k]);
        }

        return unit;
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

    /// <summary>Whether a parameter is measured in the units of inputs, to whichever powers.</summary>
    public bool HasInputUnit(int parameter) => _units[parameter].HasInput;

    /// <summary>Whether what a parameter is measured in is what an input is: it may be a place within its range as well as a width.</summary>
    public bool IsPlace(int parameter) => _units[parameter].PlaceInput >= 0;

    /// <summary>The input that a parameter is a place of.</summary>
    public int InputOf(int parameter) => _units[parameter].PlaceInput;

    /// <summary>The middle of the range that a parameter may be a place in; zero where it is none.</summary>
    public double Middle(CurveRow row, int parameter) => IsPlace(parameter) ? Place(row, parameter, 0.5) : 0;

    private double Place(CurveRow row, int parameter, double u)
    {
        (double least, double most) = row.Range(InputOf(parameter));
        return _units[parameter].Factor * (least + (u * (most - least)));
    }

    private double Level(CurveRow row, int parameter, double u)
    {
        double least = TensorPrimitives.Min(row.Values), most = TensorPrimitives.Max(row.Values);
        return _units[parameter].Factor * (least + (u * (most - least)));
    }

    // A place may also be where a curve begins or ends that is defined on one side only, as a root or a logarithm.
    private double WidthOrPlaceBeyond(CurveRow row, int parameter, double u)
    {
        if (u < Positive)
        {
            return Size(row, parameter, u);
        }

        (double least, double most) = row.Range(InputOf(parameter));
        double v = 2 * (u - Positive) / (1 - Positive), factor = _units[parameter].Factor;
        return v < 1 ? (factor * least) - Size(row, parameter, Positive * v) : (factor * most) + Size(row, parameter, Positive * (v - 1));
    }

    // Sizes without a unit are nearer to one.
    private double Size(CurveRow row, int parameter, double u)
    {
        double decades = _units[parameter].IsNone ? 1 : 2;
        (double sign, double v) = u < Positive ? (1, u / Positive) : (-1, (u - Positive) / (1 - Positive));
        return sign * Unit(row, parameter) * Math.Pow(10, decades * ((2 * v) - 1));
    }
}
