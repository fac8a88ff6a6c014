using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

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
    private const double Epsilon = 2.220446049250313e-16;

    private static readonly int[] Primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

    private readonly double?[] _given;
    private readonly double[] _lower;
    private readonly double[] _upper;
    private readonly double[][] _units;
    private readonly int[] _affine;
    private readonly int[] _drawn;

    public CurveStarts(Curve curve, double?[] given, double[] lower, double[] upper)
    {
        (_given, _lower, _upper) = (given, lower, upper);
        _units = ParameterUnits.Find(curve);
        bool[] affine = LinearParameters.Find(curve);
        _affine = [.. Enumerable.Range(0, given.Length).Where(i => affine[i] && given[i] is null)];
        _drawn = [.. Enumerable.Range(0, given.Length).Where(i => !affine[i] && given[i] is null)];
        Count = _drawn.Length == 0 ? 1 : Math.Min(FewestDraws << Math.Min(2 * (_drawn.Length - 1), 10), MostDraws);
    }

    /// <summary>Number of starts.</summary>
    public int Count { get; }

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
            double value = IsPlace(i) && ((draw >> (k % 8)) & 1) == 0 ? Place(row, i, Halton(draw + 1, k)) : Size(row, i, Halton(draw + 1, k));
            parameters[i] = Math.Min(Math.Max(value, _lower[i]), _upper[i]);
        }

        if (_affine.Length > 0 && row.Count >= _affine.Length)
        {
            SolveAffine(tape, row, parameters, workspace);
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
        double unit = 1, decades = 1;
        for (int k = 0; k < _units[parameter].Length; k++)
        {
            if (_units[parameter][k] != 0)
            {
                unit *= Math.Pow(k == 0 ? row.Magnitude : row.Span(k - 1), _units[parameter][k]);
                decades = 2;
            }
        }

        (double sign, double v) = u < 0.75 ? (1, u / 0.75) : (-1, (u - 0.75) / 0.25);
        return sign * unit * Math.Pow(10, decades * ((2 * v) - 1));
    }

    private void SolveAffine(CurveTape tape, CurveRow row, Span<double> parameters, CurveWorkspace workspace)
    {
        int count = row.Count;
        Span<double> jacobian = workspace.Jacobian(count), right = workspace.Residuals(count), columns = workspace.Columns(count * _affine.Length);
        row.Residuals(tape.Evaluate(parameters), right);
        tape.Differentiate(jacobian);
        Span<double> scales = workspace.Scales(_affine.Length);
        for (int k = 0; k < _affine.Length; k++)
        {
            Span<double> column = columns.Slice(k * count, count);
            row.Weigh(jacobian.Slice(_affine[k] * count, count), column);
            double norm = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(column));
            scales[k] = norm > 0 ? 1 / norm : 0;
            TensorPrimitives.Multiply(column, scales[k], column);
        }

        HouseholderQr.Factor(columns, count, right);
        Span<double> solution = right[.._affine.Length];
        HouseholderQr.BackSubstitute(columns, count, solution, 64 * Epsilon * _affine.Length);
        for (int k = 0; k < _affine.Length; k++)
        {
            int i = _affine[k];
            double value = parameters[i] - (solution[k] * scales[k]);
            parameters[i] = Math.Min(Math.Max(double.IsFinite(value) ? value : parameters[i], _lower[i]), _upper[i]);
        }
    }
}
