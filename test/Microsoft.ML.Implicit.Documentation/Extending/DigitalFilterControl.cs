using Microsoft.ML.Implicit.Solvers.Ode;

namespace Documentation.Extending;

/// <summary>The step control H211b of Söderlind (2003), which smooths the sizes of steps, with b = 4.</summary>
public sealed record DigitalFilterControl : AdaptiveStepControl
{
    protected override StepSizeController CreateController(int embeddedOrder) => new Controller(embeddedOrder + 1);

    private sealed class Controller(int order) : StepSizeController
    {
        private double _previousError = 1;
        private double _previousFactor = 1;

        public override double Accept(double weightedError)
        {
            double error = Math.Max(weightedError, 1e-8) / 0.8;
            double factor = Math.Pow(error * _previousError, -1.0 / (4 * order)) * Math.Pow(_previousFactor, -0.25);
            _previousError = error;
            _previousFactor = 1 + Math.Atan(factor - 1);
            return _previousFactor;
        }

        public override double Reject(double weightedError)
        {
            _previousFactor = 1;
            return double.IsFinite(weightedError) ? Math.Clamp(0.8 * Math.Pow(weightedError, -1.0 / order), 0.1, 0.8) : 0.1;
        }
    }
}
