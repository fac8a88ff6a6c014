using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Numerics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Tells what parameters do to a curve's sines from how a sine's argument changes at the points when they double: all the more with a frequency that doubles again, half as much
/// with a period, and by the same angle everywhere with a shift.
/// </summary>
internal sealed class SineParameters
{
    // What is left of a change that is the same at all points.
    private const double Rounding = 1024 * MachineEpsilon.Double;

    private readonly CurveFitPlan _plan;
    private readonly CurveTape _tape;
    private readonly int[] _arguments;
    private readonly double[] _trial;

    private SineParameters(CurveFitPlan plan, CurveTape tape, int[] arguments) =>
        (_plan, _tape, _arguments, _trial) = (plan, tape, arguments, new double[plan.Curve.Parameters.Count]);

    /// <summary>Looks at the sines of a curve.</summary>
    /// <param name="plan">What all rows have in common.</param>
    /// <param name="tape">The curve at the row's points.</param>
    /// <returns>Null for a curve in whose sines there is no parameter that has no start and is not solved for.</returns>
    public static SineParameters? Create(CurveFitPlan plan, CurveTape tape)
    {
        CurveGraph graph = plan.Curve.Graph;
        int[] arguments =
        [
            .. graph.Nodes.Where(node => node.Operation is CurveOperation.Sin or CurveOperation.Cos).Select(node => node.Left).Distinct()
                .Where(argument => plan.Starts.Drawn.Any(parameter => graph.Contains(argument, parameter))),
        ];
        return arguments.Length == 0 ? null : new SineParameters(plan, tape, arguments);
    }

    /// <summary>Nodes of the arguments that have drawn parameters.</summary>
    public IReadOnlyList<int> Arguments => _arguments;

    /// <summary>The frequencies, or periods, and the shifts among the parameters that are drawn; of a frequency's harmonics, the lowest tells it.</summary>
    /// <param name="parameters">Where: what a shift does may depend on frequencies.</param>
    public (List<SineFrequency> Frequencies, List<SineShift> Shifts) Classify(double[] parameters)
    {
        List<SineFrequency> frequencies = [];
        List<SineShift> shifts = [];
        foreach (int parameter in _plan.Starts.Drawn)
        {
            double value = Math.Abs(parameters[parameter]);
            SineFrequency? lowest = null;
            foreach (int argument in _arguments.Where(argument => _plan.Curve.Graph.Contains(argument, parameter)))
            {
                double[] once = Change(parameters, parameter, argument, 1), twice = Change(parameters, parameter, argument, 2);
                double reach = Reach(once), ratio = Reach(twice) / reach;
                double largest = Math.Abs(TensorPrimitives.MaxMagnitude(_tape.ValuesOf(argument)));
                if (reach <= Rounding * largest)
                {
                    // Over a change as large as the argument itself, rounding adds up to no angle even after as many turns.
                    double far = Math.Max(1, largest / Math.Abs(once[0])), slope = Math.Abs(Change(parameters, parameter, argument, far)[0] / (far * value));
                    shifts.Add(new SineShift(parameter, TurnOf(argument) / slope, IsNear(slope, 1)));
                    break;
                }

                if (IsNear(ratio, 2) || IsNear(ratio, 0.5))
                {
                    (double full, int power) = ratio > 1 ? (reach, 1) : (2 * reach, -1);
                    lowest = lowest?.Reach <= full ? lowest : new SineFrequency(parameter, argument, value, full, power, TurnOf(argument));
                }
            }

            if (lowest is { } frequency)
            {
                frequencies.Add(frequency);
            }
        }

        return (frequencies, shifts);
    }

    /// <summary>How a sine's argument changes at each point when a parameter doubles.</summary>
    /// <param name="parameters">Where.</param>
    /// <param name="parameter">The parameter.</param>
    /// <param name="argument">Node of the argument.</param>
    /// <param name="factor">What the parameter is multiplied by before.</param>
    public double[] Change(double[] parameters, int parameter, int argument, double factor)
    {
        parameters.CopyTo(_trial, 0);
        _trial[parameter] = factor * parameters[parameter];
        _tape.Evaluate(_trial);
        double[] change = _tape.ValuesOf(argument).ToArray();
        _trial[parameter] *= 2;
        _tape.Evaluate(_trial);
        TensorPrimitives.Subtract(_tape.ValuesOf(argument), change, change);
        return change;
    }

    // What is even in sines has the same values again after half a turn.
    private double TurnOf(int argument) => SineParity.IsEven(_plan.Curve.Graph, argument) ? Math.PI : 2 * Math.PI;

    private static bool IsNear(double ratio, double value) => Math.Abs(ratio - value) < 1e-3;

    /// <summary>How far numbers reach from the least to the largest.</summary>
    public static double Reach(ReadOnlySpan<double> numbers) => TensorPrimitives.Max(numbers) - TensorPrimitives.Min(numbers);
}
