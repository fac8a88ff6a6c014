using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Terms;

/// <summary>A right-hand side that writes its value where the solver keeps it.</summary>
internal interface IWritingOdeTerm : IOdeTerm
{
    /// <summary>Evaluates f(t, z).</summary>
    /// <param name="time">Time t, common to all rows.</param>
    /// <param name="state">State z, <c>[batch, ...]</c>.</param>
    /// <param name="destination">Receives dz/dt, of the shape of <paramref name="state"/>.</param>
    void Evaluate(double time, Tensor state, Tensor destination);
}
