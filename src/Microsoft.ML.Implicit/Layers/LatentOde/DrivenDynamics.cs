using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// dz/dt = f(z, u(t)) with controls u given at equally spaced times for each row and linear between them. f is a
/// network over state and controls together; what it gives for the controls is not used.
/// </summary>
/// <param name="network">Network over <c>width + controls</c> numbers.</param>
/// <param name="controls">u, <c>[times, batch, controls]</c>, at times 0, step, 2 step, ...</param>
/// <param name="step">Time between controls.</param>
internal sealed class DrivenDynamics(MlpDynamics network, Tensor controls, double step) : IDifferentiableOdeTerm
{
    public IReadOnlyList<Tensor> Parameters => network.Parameters;

    private long Width => network.Dimension - controls.shape[2];

    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return network.Evaluate(0, Join(time, state)).narrow(-1, 0, Width).contiguous().MoveToOuterDisposeScope();
    }

    public OdeLinearization Linearize(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return new Linearization(network.Linearize(0, Join(time, state)), Width);
    }

    private Tensor Join(double time, Tensor state)
    {
        double place = Math.Clamp(time / step, 0, controls.shape[0] - 1);
        long lower = Math.Min((long)place, Math.Max(0, controls.shape[0] - 2));
        Tensor control = place == lower ? controls[lower] : lerp(controls[lower], controls[lower + 1], place - lower);
        return cat([state, control], -1);
    }

    private sealed class Linearization : OdeLinearization
    {
        private readonly OdeLinearization _inner;
        private readonly long _width;

        public Linearization(OdeLinearization inner, long width)
        {
            _inner = inner;
            _width = width;
            Value = inner.Value.narrow(-1, 0, width).contiguous().DetachFromDisposeScope();
        }

        public override Tensor Value { get; }

        public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor padded = nn.functional.pad(cotangent, [0, _inner.Value.shape[^1] - _width]);
            return _inner.Pullback(padded, parameterGradient).narrow(-1, 0, _width).contiguous().MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            _inner.Dispose();
            Value.Dispose();
        }
    }
}
