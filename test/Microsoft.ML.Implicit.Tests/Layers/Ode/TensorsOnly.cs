using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

/// <summary>A right-hand side without its kernels.</summary>
internal sealed class TensorsOnly(IDifferentiableOdeTerm inner) : IDifferentiableOdeTerm
{
    public IReadOnlyList<Tensor> Parameters => inner.Parameters;

    public Tensor Evaluate(double time, Tensor state) => inner.Evaluate(time, state);

    public OdeLinearization Linearize(double time, Tensor state) => inner.Linearize(time, state);
}
