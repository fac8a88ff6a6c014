using Microsoft.ML.Implicit.Solvers.Ode.Stages;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Terms;

/// <summary>A right-hand side that knows its Jacobian, or enough of it for Newton's method.</summary>
internal interface IJacobianTerm : IOdeTerm
{
    /// <summary>Linearises f at a point; see <see cref="StateJacobian.Create"/>. The caller disposes the result.</summary>
    StateJacobian Linearize(double time, Tensor state, Tensor differenceSteps);
}
