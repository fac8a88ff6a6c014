using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>∂f/∂z at one point, for each row of the batch by itself.</summary>
internal abstract class StateJacobian(long rows, long width, Tensor like) : RowOperator(rows, width, like.dtype, like.device), IDisposable
{
    /// <summary>Evaluations of f so far.</summary>
    public abstract int Evaluations { get; }

    /// <summary>Linearises a right-hand side: by its own products where it has them, by differences otherwise.</summary>
    /// <param name="term">f, whose rows do not depend on one another.</param>
    /// <param name="time">t.</param>
    /// <param name="state">z, in the shape that f takes.</param>
    /// <param name="differenceSteps">For each element of the leading rows the size of a difference, <c>[rows, width]</c>.</param>
    public static StateJacobian Create(IOdeTerm term, double time, Tensor state, Tensor differenceSteps) => term switch
    {
        IJacobianTerm own => own.Linearize(time, state, differenceSteps),
        IDifferentiableOdeTerm differentiable => new LinearizedJacobian(differentiable, time, state, differenceSteps),
        _ => new DifferencedJacobian(term, time, state, differenceSteps),
    };

    /// <inheritdoc/>
    public abstract void Dispose();
}
