using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Takes frequencies to the lowest of those that the points cannot tell apart: where times lie whole steps apart, a sine that turns by an angle from one step to the next has the
/// same values as one that turns by a whole turn more, or less, or backwards (Nyquist, 1928).
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="sines">Tells frequencies.</param>
/// <param name="scan">Finds the shifts beside them.</param>
internal sealed class AliasFolding(CurveFitPlan plan, CurveTape tape, SineParameters sines, FrequencyScan scan)
{
    // Of half a turn.
    private const double Rounding = 1e-9;

    /// <summary>Folds the frequencies of parameters.</summary>
    /// <returns>Parameters with which the curve should have the same values, or null where no frequency is beyond half a turn a step.</returns>
    public double[]? Fold(double[] parameters)
    {
        double[] folded = [.. parameters];
        bool differs = false;
        List<SineFrequency> frequencies = sines.Classify(parameters).Frequencies;
        tape.Evaluate(parameters);
        foreach (SineFrequency frequency in frequencies)
        {
            double angle = Lattice.Step(tape.ValuesOf(frequency.Argument)), rest = Math.Abs(Math.IEEERemainder(angle, frequency.Turn));
            double value = parameters[frequency.Parameter] * Math.Pow(rest / angle, frequency.Power);
            if (angle > frequency.Turn / 2 * (1 + Rounding) && plan.Allows(frequency.Parameter, value) && double.IsFinite(value))
            {
                folded[frequency.Parameter] = value;
                differs = true;
            }
        }

        if (!differs)
        {
            return null;
        }

        scan.Turn(folded, isClear: false);
        return folded;
    }
}
