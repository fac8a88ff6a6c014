using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>A right-hand side whose vector-Jacobian products are known, in closed form or by automatic differentiation.</summary>
/// <remarks>A module needs none of this: <see cref="Layers.Ode.NeuralOde"/> and <see cref="Layers.Ode.AutogradOdeTerm"/> take it as it is.</remarks>
/// <example>
/// Exponential growth at a rate that is learned, z' = rate · z, in closed form:
/// <code>
/// sealed class Growth(Tensor rate) : IDifferentiableOdeTerm
/// {
///     public IReadOnlyList&lt;Tensor&gt; Parameters => [rate];
///
///     public Tensor Evaluate(double time, Tensor state) => rate * state;
///
///     public OdeLinearization Linearize(double time, Tensor state) => new AtPoint(rate.detach(), state.alias(), Evaluate(time, state).detach());
///
///     private sealed class AtPoint(Tensor rate, Tensor state, Tensor value) : OdeLinearization
///     {
///         private readonly Tensor[] _owned = [rate.DetachFromDisposeScope(), state.DetachFromDisposeScope(), value.DetachFromDisposeScope()];
///
///         public override Tensor Value => value;
///
///         public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
///         {
///             parameterGradient?.add_((cotangent * state).sum());
///             return rate * cotangent;
///         }
///
///         protected override void Dispose(bool disposing) => Array.ForEach(_owned, tensor => tensor.Dispose());
///     }
/// }
///
/// Tensor rate = torch.tensor(0.5f).requires_grad_();
/// using OdeSolution solution = OdeSolver.Solve(new Growth(rate), torch.ones(1, 1), [0, 1], differentiable: true);
/// using OdeGradients gradients = solution.Backward(torch.ones_like(solution.States));
/// </code>
/// </example>
public interface IDifferentiableOdeTerm : IOdeTerm
{
    /// <summary>Parameters that gradients are wanted for, in the order in which the flat parameter gradient holds them.</summary>
    IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>Evaluates f(t, z) and keeps what its vector-Jacobian products need.</summary>
    /// <param name="time">Time t, common to all rows.</param>
    /// <param name="state">State z, <c>[batch, ...]</c>.</param>
    /// <returns>The value and its pullback. The caller disposes it; until then it outlives the dispose scope that it was created in.</returns>
    OdeLinearization Linearize(double time, Tensor state);
}
