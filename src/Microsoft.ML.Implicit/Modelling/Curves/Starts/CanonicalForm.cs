using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Chooses one of several parameters with which a curve has the same values at all points: widths, periods and frequencies are positive, then the factors of sines, their angles
/// are within half a turn of zero and their places within half a turn of the middle. So parameters of rows can be compared.
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="sines">Tells the shifts of sines, of which a curve may have none.</param>
internal sealed class CanonicalForm(CurveFitPlan plan, CurveTape tape, CurveRow row, SineParameters? sines)
{
    // Of the largest value: far above what rounding makes of an angle far from zero, far below what a fit leaves.
    private const double Tolerance = 1e-7;

    // A sine backwards has another angle and another factor, and so may a product of two.
    private const int MostOthers = 3;

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
                Flip(parameters, [.. plan.Starts.Free.Except([.. settled, leader])], MostOthers, trial => trial[leader] = -trial[leader]);
            }

            settled.Add(leader);
        }

        foreach (SineShift shift in sines?.Classify(parameters).Shifts ?? [])
        {
            int[] negative = [.. plan.Starts.Free.Where(parameter => plan.IsAffine[parameter] && parameters[parameter] < 0)];
            Flip(parameters, negative, 1, trial => trial[shift.Parameter] += shift.Turn / 2, fewest: 1);
            double origin = shift.IsAngle ? 0 : plan.Starts.Middle(row, shift.Parameter);
            Flip(parameters, [], 0, trial => trial[shift.Parameter] = origin + Math.IEEERemainder(trial[shift.Parameter] - origin, shift.Turn));
        }
    }

    // Makes a change, and flips the signs of as few others as leave the curve what it is; where none do, nothing changes.
    private void Flip(double[] parameters, int[] others, int most, Action<double[]> change, int fewest = 0)
    {
        for (int count = fewest; count <= Math.Min(most, others.Length); count++)
        {
            foreach (int[] chosen in Choose(others, count))
            {
                parameters.CopyTo(_trial, 0);
                change(_trial);
                Array.ForEach(chosen, parameter => _trial[parameter] = -_trial[parameter]);
                if (IsSame())
                {
                    _trial.CopyTo(parameters, 0);
                    return;
                }
            }
        }
    }

    private static IEnumerable<int[]> Choose(int[] items, int count) =>
        count == 0 ? [[]] : items.SelectMany((item, i) => Choose(items[(i + 1)..], count - 1).Select(rest => (int[])[item, .. rest]));

    private bool IsSame()
    {
        for (int j = 0; j < _trial.Length; j++)
        {
            if (!(_trial[j] >= plan.Lower[j] && _trial[j] <= plan.Upper[j]))
            {
                return false;
            }
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
