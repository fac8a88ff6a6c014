using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Tells what parameters do to a curve's sines from how far a sine's argument reaches over the points: that doubles with a frequency, halves with a period, and stays with a
/// shift.
/// </summary>
internal sealed class SineParameters
{
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

    /// <summary>The frequencies, or periods, and the shifts among the parameters that are drawn.</summary>
    /// <param name="parameters">Where: what a shift does may depend on frequencies.</param>
    public (List<SineFrequency> Frequencies, List<SineShift> Shifts) Classify(double[] parameters)
    {
        List<SineFrequency> frequencies = [];
        List<SineShift> shifts = [];
        _tape.Evaluate(parameters);
        (double Reach, double First)[] before = Array.ConvertAll(_arguments, argument => (Reach(argument), _tape.ValuesOf(argument)[0]));
        foreach (int parameter in _plan.Starts.Drawn)
        {
            parameters.CopyTo(_trial, 0);
            _trial[parameter] *= 2;
            _tape.Evaluate(_trial);
            foreach ((int argument, (double reach, double first)) in _arguments.Zip(before))
            {
                double ratio = Reach(argument) / reach, slope = Math.Abs((_tape.ValuesOf(argument)[0] - first) / parameters[parameter]);
                if (IsNear(ratio, 2) || IsNear(ratio, 0.5))
                {
                    frequencies.Add(new SineFrequency(parameter, argument, Math.Abs(parameters[parameter]), reach, ratio > 1 ? 1 : -1));
                    break;
                }

                if (IsNear(ratio, 1) && slope > 0)
                {
                    shifts.Add(new SineShift(parameter, 2 * Math.PI / slope, IsNear(slope, 1)));
                    break;
                }
            }
        }

        return (frequencies, shifts);
    }

    private static bool IsNear(double ratio, double value) => Math.Abs(ratio - value) < 1e-3;

    private double Reach(int argument) => TensorPrimitives.Max(_tape.ValuesOf(argument)) - TensorPrimitives.Min(_tape.ValuesOf(argument));
}
