using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>
/// The gradient of a validation loss V at the minimiser w*(λ) of a training loss L(w, λ) in the hyperparameters λ, by the implicit function theorem (Larsen et al. 1996;
/// Lorraine, Vicol and Duvenaud 2020): dV/dλ = ∂V/∂λ − (∂²L/∂λ∂w) (∂²L/∂w² + ρ I)⁻¹ ∂V/∂w.
/// </summary>
/// <remarks>
/// It is exact where w is a minimiser, ρ is zero and the linear solver is direct, as for ridge and logistic regression. For networks
/// <see cref="ConjugateGradientSolver"/>, <see cref="NeumannSeriesSolver"/> and <see cref="NystromSolver"/> need products alone; a network that is only about
/// trained, whose Hessian has negative eigenvalues, needs damping.
/// </remarks>
/// <example>
/// The penalties of a ridge regression, at its solution w:
/// <code>
/// HypergradientResult slope = new Hypergradient(new CholeskySolver(), isConvex: true).Compute(training, validation, [w], [logPenalties]);
/// </code>
/// </example>
public sealed class Hypergradient
{
    private readonly ILinearSolver _solver;
    private readonly double _damping;
    private readonly bool _isConvex;

    /// <summary>Creates the derivative.</summary>
    /// <param name="solver">Solves with the Hessian; <see langword="null"/> for <see cref="NystromSolver"/>, which has a damping of its own.</param>
    /// <param name="damping">ρ, in units of the Hessian.</param>
    /// <param name="isConvex">Whether the Hessian is positive definite without damping, as a penalised convex loss's is.</param>
    /// <exception cref="ArgumentOutOfRangeException">The damping is negative or not finite.</exception>
    public Hypergradient(ILinearSolver? solver = null, double damping = 0, bool isConvex = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(damping);
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsFinite(damping), false, nameof(damping));
        (_solver, _damping, _isConvex) = (solver ?? new NystromSolver(), damping, isConvex);
    }

    /// <summary>Differentiates.</summary>
    /// <param name="trainingLoss">L, of one element, with a graph that reaches parameters and hyperparameters by operations that have second derivatives.</param>
    /// <param name="validationLoss">V, of one element, with a graph that reaches the parameters.</param>
    /// <param name="parameters">w: leaves of one type on one device that require gradients, such as those of a module.</param>
    /// <param name="hyperparameters">λ: leaves that require gradients.</param>
    /// <param name="cancellationToken">Looked at once a product.</param>
    /// <returns>The gradients, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">There are no parameters, or a loss is no scalar or does not depend on them.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public HypergradientResult Compute(
        Tensor trainingLoss, Tensor validationLoss, IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> hyperparameters, CancellationToken cancellationToken = default)
    {
        RequireScalar(trainingLoss, nameof(trainingLoss));
        RequireScalar(validationLoss, nameof(validationLoss));
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(hyperparameters);
        if (parameters.Count == 0)
        {
            throw new ArgumentException("There are no parameters to differentiate through.", nameof(parameters));
        }

        using DisposeScope scope = NewDisposeScope();
        var hessian = new LossHessian(trainingLoss, parameters, _damping, _isConvex);
        using IFactorization factorization = _solver.Prepare(hessian);
        return Compute(hessian, factorization, validationLoss, parameters, hyperparameters, cancellationToken).MoveToOuterScope();
    }

    /// <summary>Differentiates with an inverse that is at hand.</summary>
    internal static HypergradientResult Compute(
        LossHessian hessian, IFactorization inverse, Tensor validationLoss, IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> hyperparameters, CancellationToken cancellationToken)
    {
        Tensor?[] slopes = [];
        ImplicitBackward.Run(() => slopes = GuardedAutograd.Pullback([validationLoss], [.. parameters, .. hyperparameters], [ones_like(validationLoss)], "the validation loss", retainGraph: true));
        Tensor slope = cat([.. parameters.Select((parameter, i) => (slopes[i] ?? zeros_like(parameter)).reshape(-1))]).unsqueeze(0);
        LinearSolution adjoint = inverse.Solve(slope, cancellationToken);
        Tensor?[] indirect = hessian.Pullback(hyperparameters, adjoint.Solution);
        Tensor[] gradients = [.. hyperparameters.Select((hyperparameter, i) =>
            (slopes[parameters.Count + i] ?? zeros_like(hyperparameter)) - (indirect[i] ?? zeros_like(hyperparameter)))];
        return new HypergradientResult([.. gradients.Select(gradient => gradient.detach())], adjoint.Statuses[0], adjoint.Iterations);
    }

    private static void RequireScalar(Tensor loss, string name)
    {
        ArgumentNullException.ThrowIfNull(loss, name);
        if (loss.numel() != 1 || !loss.requires_grad)
        {
            throw new ArgumentException($"A loss must be one number with a graph but has the shape [{string.Join(", ", loss.shape)}]{(loss.requires_grad ? "" : " and no graph")}.", name);
        }
    }
}
