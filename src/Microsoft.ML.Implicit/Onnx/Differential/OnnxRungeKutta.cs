using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;

namespace Microsoft.ML.Implicit.Onnx.Differential;

/// <summary>An adaptive Runge-Kutta solve from time 0 to 1 as an ONNX loop, in which each row takes steps of its own.</summary>
/// <remarks>Step sizes follow <see cref="PiStepController"/>. Times are float64, whatever the precision of the state.</remarks>
/// <param name="method">An explicit method with an error estimate.</param>
/// <param name="control">Tolerances and step sizes.</param>
/// <param name="maximumSteps">Attempted steps at most.</param>
internal sealed class OnnxRungeKutta(RungeKutta method, PiStepControl control, int maximumSteps)
{
    // The first step is cut down where it is too long, and soon grows where it is too short.
    private const double ShortestFirstStep = 1e-4;
    private const double FirstStepOfScale = 0.01;
    private const double SlowestSpeed = 1e-10;

    private readonly double _integral = PiStepController.IntegralExponent(control, method.EmbeddedOrder);

    /// <summary>Solves dz/dt = f(t, z).</summary>
    /// <param name="start">z(0), [rows, width].</param>
    /// <param name="slope">f, of times float64 [rows, 1] and states [rows, width].</param>
    /// <returns>z(1), NaN in rows that could not be solved.</returns>
    public OnnxValue Solve(OnnxValue start, Func<OnnxValue, OnnxValue, OnnxValue> slope)
    {
        OnnxGraph graph = start.Graph;
        OnnxValue zero = graph.PerRow(graph.Number(0, OnnxType.Double), start, 1);
        OnnxValue none = zero > 0;
        OnnxValue firstSlope = slope(zero, start);
        OnnxValue[] initial = [zero, FirstStep(start, firstSlope), start, firstSlope, zero + PiStepController.SmallestRememberedError, none, !none, none];
        OnnxValue[] end = graph.Loop(maximumSteps, initial, (_, state) => Advance(state, slope));
        return end[7].Where(end[2], double.NaN);
    }

    private (OnnxValue Continue, OnnxValue[] Next) Advance(OnnxValue[] state, Func<OnnxValue, OnnxValue, OnnxValue> slope)
    {
        (OnnxValue time, OnnxValue size, OnnxValue z, OnnxValue firstSlope) = (state[0], state[1], state[2], state[3]);
        (OnnxValue previousError, OnnxValue wasRejected, OnnxValue active, OnnxValue arrived) = (state[4], state[5], state[6], state[7]);

        OnnxValue remaining = 1 - time;
        OnnxValue isLast = (size * (1 + AdaptiveSteps.Remainder)) >= remaining;
        OnnxValue step = isLast.Where(remaining, size);
        (OnnxValue end, OnnxValue endSlope, OnnxValue error) = TryStep(time, step, z, firstSlope, slope);
        OnnxValue accepts = active & (error <= 1);
        OnnxValue factor = accepts.Where(Growth(error, previousError, wasRejected), Shrinkage(error));
        OnnxValue next = active.Where(step * factor, size);
        OnnxValue arrives = accepts & isLast;
        arrived |= arrives;
        active = active & !arrives & (next > AdaptiveSteps.TimeResolution);
        return (active.Any(),
        [
            accepts.Where(time + step, time),
            next,
            accepts.Where(end, z),
            accepts.Where(endSlope, firstSlope),
            accepts.Where(AtLeast(error, PiStepController.SmallestRememberedError), previousError),
            !accepts,
            active,
            arrived,
        ]);
    }

    private (OnnxValue End, OnnxValue EndSlope, OnnxValue Error) TryStep(OnnxValue time, OnnxValue step, OnnxValue z, OnnxValue firstSlope, Func<OnnxValue, OnnxValue, OnnxValue> slope)
    {
        OnnxValue size = step.To(z.Type);
        var slopes = new List<OnnxValue> { firstSlope };
        OnnxValue end = z;
        for (int stage = 1; stage <= method.EndStage; stage++)
        {
            end = z + (Combine(method.A[stage], slopes) * size);
            slopes.Add(slope(time + (step * method.C[stage]), end));
        }

        OnnxValue scale = (z.Abs().Maximum(end.Abs()) * control.RelativeTolerance) + control.AbsoluteTolerance;
        return (end, slopes[^1], RootMeanSquare(Combine(method.ErrorWeights, slopes) * size / scale));
    }

    private OnnxValue FirstStep(OnnxValue start, OnnxValue slope)
    {
        OnnxValue scale = (start.Abs() * control.RelativeTolerance) + control.AbsoluteTolerance;
        OnnxValue distance = RootMeanSquare(start / scale), speed = RootMeanSquare(slope / scale);
        OnnxValue step = (speed > SlowestSpeed).Where(distance * FirstStepOfScale / speed, 1);
        return step.Clamp(ShortestFirstStep, 1);
    }

    private OnnxValue Growth(OnnxValue error, OnnxValue previousError, OnnxValue wasRejected)
    {
        OnnxValue growth = Power(AtLeast(error, PiStepController.SmallestError), -_integral) * Power(previousError, control.Stabilization) * control.Safety;
        OnnxValue limited = growth.Clamp(control.MinimumFactor, control.MaximumFactor);
        return (wasRejected & (limited > 1)).Where(error.Graph.Number(1, OnnxType.Double), limited);
    }

    // An error that is not finite shrinks the step as far as allowed.
    private OnnxValue Shrinkage(OnnxValue error) => error.IsFinite()
        .Where((Power(AtLeast(error, 1), -_integral) * control.Safety).Clamp(control.MinimumFactor, control.Safety), control.MinimumFactor);

    private static OnnxValue Combine(double[] weights, List<OnnxValue> slopes) =>
        weights.Select((weight, i) => (weight, i)).Where(pair => pair.weight != 0).Select(pair => slopes[pair.i] * pair.weight).Aggregate((sum, term) => sum + term);

    private static OnnxValue RootMeanSquare(OnnxValue rows) => (rows * rows).Mean(1).To(OnnxType.Double).Sqrt();

    private static OnnxValue AtLeast(OnnxValue error, double lowest) => error.Maximum(error.Graph.Number(lowest, OnnxType.Double));

    private static OnnxValue Power(OnnxValue value, double exponent) => (value.Log() * exponent).Exp();
}
