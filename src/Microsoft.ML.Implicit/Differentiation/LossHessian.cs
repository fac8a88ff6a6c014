using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>The Hessian of a loss in parameters, all of them as the one row of an operator, by differentiating the gradient once more; with ρ I added.</summary>
internal sealed class LossHessian : RowOperator
{
    private readonly IReadOnlyList<Tensor> _parameters;
    private readonly Tensor[] _gradients;
    private readonly double _damping;
    private readonly bool _isConvex;

    /// <summary>Differentiates a loss, whose graph stays in use.</summary>
    /// <param name="loss">Of one element, with a graph.</param>
    /// <param name="parameters">What it depends on, leaves of one type on one device.</param>
    /// <param name="damping">ρ; above 0 the operator is taken for positive definite.</param>
    /// <param name="isConvex">Whether it is positive definite without damping.</param>
    public LossHessian(Tensor loss, IReadOnlyList<Tensor> parameters, double damping, bool isConvex)
        : base(1, parameters.Sum(parameter => parameter.numel()), parameters[0].dtype, parameters[0].device)
    {
        (_parameters, _damping, _isConvex) = (parameters, damping, isConvex);
        Tensor?[] gradients = [];
        ImplicitBackward.Run(() => gradients = GuardedAutograd.DifferentiablePullback(loss, parameters, ones_like(loss)));
        _gradients = [.. gradients.Select((gradient, i) => gradient ?? zeros_like(parameters[i]))];
    }

    public override OperatorTraits Traits => _damping > 0 || _isConvex ? OperatorTraits.PositiveDefinite : OperatorTraits.Symmetric;

    public override Tensor Apply(Tensor vector)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor product = Flat([.. Pullback(_parameters, vector).Select((part, i) => part ?? zeros_like(_parameters[i]))]);
        return product.add_(vector, _damping.Held()).MoveToOuterDisposeScope();
    }

    public override Tensor ApplyTransposed(Tensor vector) => Apply(vector);

    /// <summary>The gradient's derivative in other variables, transposed, times a vector.</summary>
    /// <param name="variables">Leaves that the loss depends on.</param>
    /// <param name="vector"><c>[1, width]</c>.</param>
    /// <returns>For each variable ∂(gᵀ v)/∂variable, null where the gradient does not depend on it.</returns>
    public Tensor?[] Pullback(IReadOnlyList<Tensor> variables, Tensor vector)
    {
        Tensor[] cotangents = Split(vector);
        int[] dependent = [.. Enumerable.Range(0, _gradients.Length).Where(i => _gradients[i].requires_grad)];
        var products = new Tensor?[variables.Count];
        if (dependent.Length > 0)
        {
            ImplicitBackward.Run(() => products = GuardedAutograd.Pullback(
                [.. dependent.Select(i => _gradients[i])], variables, [.. dependent.Select(i => cotangents[i])], "the training loss's gradient", retainGraph: true));
        }

        return products;
    }

    private static Tensor Flat(IEnumerable<Tensor> parts) => cat([.. parts.Select(part => part.detach().reshape(-1))]).unsqueeze(0);

    private Tensor[] Split(Tensor vector)
    {
        Tensor[] parts = vector.reshape(-1).split([.. _parameters.Select(parameter => parameter.numel())]);
        return [.. parts.Select((part, i) => part.reshape(_parameters[i].shape))];
    }
}
