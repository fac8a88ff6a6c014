using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode.Rowwise;

/// <summary>A right-hand side given by a function of a time for each row.</summary>
internal sealed class RowFunctionTerm(Func<Tensor, Tensor, Tensor> function) : IRowTimeOdeTerm
{
    public IReadOnlyList<Tensor> Parameters => [];

    public Tensor Evaluate(Tensor times, Tensor state) => function(times, state);
}
