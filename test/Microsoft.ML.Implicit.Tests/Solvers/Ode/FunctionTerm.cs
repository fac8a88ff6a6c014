using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>A right-hand side given by a function.</summary>
internal sealed class FunctionTerm(Func<double, Tensor, Tensor> function) : IOdeTerm
{
    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return function(time, state).MoveToOuterDisposeScope();
    }
}
