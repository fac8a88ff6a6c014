using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Chooses one of several parameters with which a curve has the same values at all points: widths, rates, periods and frequencies are positive, then the factors of sines, their
/// angles are within half a turn of zero and their places within half a turn of the middle. So parameters of rows can be compared.
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="projection">Solves for the parameters in which the curve is affine.</param>
/// <param name="sines">Tells the shifts of sines, of which a curve may have none.</param>
internal sealed class CanonicalForm(CurveFitPlan plan, CurveTape tape, CurveRow row, TangentProjection projection, SineParameters? sines)
{
    // Of the largest value: far above what rounding makes of an angle far from zero, far below what a fit leaves.
    private const double Tolerance = 1e-7;

    // A frequency turns with its harmonics' phases.
    private const int MostReversed = 3;

    private readonly int[] _affine = [.. plan.Starts.Solved];
    private readonly double[] _trial = new double[plan.Curve.Parameters.Count];
    private double[] _curve = [];

    /// <summary>Moves parameters that were not given.</summary>
    public void Settle(double[] parameters)
    {
        _curve = tape.Evaluate(parameters).ToArray();
        List<int> settled = [];
        foreach (int leader in plan.Starts.Drawn.OrderBy(parameter => !plan.Starts.HasInputUnit(parameter)))
        {
            if (parameters[leader] < 0)
            {
                Reverse(parameters, leader, [.. plan.Starts.Drawn.Except([.. settled, leader])]);
            }

            settled.Add(leader);
        }

        // What one reverses, another may have to reverse back.
        List<SineShift> shifts = sines?.Classify(parameters).Shifts ?? [];
        for (int pass = 0; pass < Math.Min(shifts.Count, 2); pass++)
        {
            shifts.ForEach(shift => Settle(parameters, shift));
        }
    }

    // A sine backwards has other angles, and harmonics too; what else changes is solved for.
    private void Reverse(double[] parameters, int leader, int[] others)
    {
        foreach (int[] reversed in Enumerable.Range(0, MostReversed + 1).SelectMany(count => Subsets(others, count)))
        {
            parameters.CopyTo(_trial, 0);
            foreach (int parameter in (int[])[leader, .. reversed])
            {
                _trial[parameter] = -_trial[parameter];
            }

            if (IsSame())
            {
                _trial.CopyTo(parameters, 0);
                return;
            }
        }
    }

    private static IEnumerable<int[]> Subsets(int[] numbers, int count) => count == 0
        ? [[]]
        : Enumerable.Range(0, numbers.Length).SelectMany(i => Subsets(numbers[(i + 1)..], count - 1).Select(rest => (int[])[numbers[i], .. rest]));

    private void Settle(double[] parameters, SineShift shift)
    {
        foreach (int factor in (int[])[.. _affine, .. plan.Starts.Drawn.Where(parameter => parameter != shift.Parameter)])
        {
            if (parameters[factor] < 0 && IsReversedByHalfATurn(parameters, shift, factor))
            {
                _trial.CopyTo(parameters, 0);
                break;
            }
        }

        double origin = shift.IsAngle ? 0 : plan.Starts.Middle(row, shift.Parameter);
        parameters.CopyTo(_trial, 0);
        _trial[shift.Parameter] = origin + Math.IEEERemainder(_trial[shift.Parameter] - origin, shift.Turn);
        if (IsSame())
        {
            _trial.CopyTo(parameters, 0);
        }
    }

    private bool IsReversedByHalfATurn(double[] parameters, SineShift shift, int factor)
    {
        parameters.CopyTo(_trial, 0);
        _trial[shift.Parameter] += shift.Turn / 2;
        _trial[factor] = -_trial[factor];
        return IsSame() && Math.Abs(_trial[factor] + parameters[factor]) <= Tolerance * Math.Abs(parameters[factor]);
    }

    // The parameters in which the curve is affine follow the others.
    private bool IsSame()
    {
        if (row.Count >= _affine.Length)
        {
            projection.Move(_trial, _affine, _curve, []);
        }

        if (!plan.Allows(_trial))
        {
            return false;
        }

        double limit = Tolerance * Math.Abs(TensorPrimitives.MaxMagnitude<double>(_curve));
        ReadOnlySpan<double> values = tape.Evaluate(_trial);
        for (int i = 0; i < _curve.Length; i++)
        {
            if (!(Math.Abs(values[i] - _curve[i]) <= limit))
            {
                return false;
            }
        }

        return true;
    }
}
