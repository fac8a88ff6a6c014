using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Satisfiability;

/// <summary>
/// Differentiates the relaxation by its stationarity, ‖g_i‖ v_i + g_i = 0. Inputs: the known bits and the weights. Saved: the products of the weights, the vectors, the norms ‖g_i‖,
/// what is free, and the angles' directions of all variables.
/// </summary>
internal sealed class MixingRule(MixingSettings settings) : IBackwardRule
{
    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        (Tensor values, Tensor weights) = (inputs[0], inputs[1]);
        (Tensor weightProducts, Tensor vectors, Tensor norms, Tensor isFree, Tensor directions) = (saved[0], saved[1], saved[2], saved[3], saved[4]);
        long bits = values.shape[1];
        Tensor isKnown = isFree.narrow(1, 1, bits).logical_not();

        // The angle to −v_top grows along the unit tangent towards v_top. At v_top itself, and opposite to it, it has none.
        Tensor top = directions[0], v = vectors.narrow(1, 1, bits);
        Tensor tangent = top - (v * v.matmul(top).unsqueeze(2));
        Tensor sine = tangent.norm(2, keepdim: true);
        Tensor slope = (cotangents[0] / Math.PI.Held()).unsqueeze(2);
        Tensor bitSides = where(isKnown.unsqueeze(2).logical_or(sine.eq(0.Held())), zeros_like(v), tangent / sine * slope);
        Tensor right = zeros_like(vectors);
        right.narrow(1, 1, bits).copy_(bitSides);

        Tensor adjoint = zeros_like(vectors);
        MixingMethod.Run(new MixingSystem(weightProducts, isFree, adjoint, new MixingAdjoint(vectors, norms, right)), settings);

        // dℓ/ds_i = −(W ᵀ u_i + Φᵀ v_i) with W = V Sᵀ and Φ = U Sᵀ.
        Tensor products = vectors.transpose(1, 2).matmul(weights), adjointProducts = adjoint.transpose(1, 2).matmul(weights);
        Tensor? ofWeights = weights.requires_grad ? SumOverRows(adjoint, products).Plus(SumOverRows(vectors, adjointProducts)).neg() : null;
        if (!values.requires_grad)
        {
            return [null, ofWeights];
        }

        // v = −cos(π x) v_top + sin(π x) r; a known bit is also an output.
        Tensor ofVectors = adjointProducts.transpose(1, 2);
        Tensor ofBits = weights.narrow(0, 1, bits).matmul(ofVectors).neg();
        Tensor angle = values * Math.PI.Held();
        Tensor turn = (angle.sin() * ofBits.matmul(top)).Plus(angle.cos() * (ofBits * directions.narrow(0, 1, bits)).sum(2)) * Math.PI.Held();
        return [where(isKnown, turn.Plus(cotangents[0]), zeros_like(turn)), ofWeights];
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
        throw new NotSupportedException($"A second derivative through {nameof(MaximumSatisfiability)} is not supported: call backward without create_graph.");

    // Σ_rows vectors · products, [variables, clauses].
    private static Tensor SumOverRows(Tensor vectors, Tensor products) =>
        vectors.transpose(0, 1).reshape(vectors.shape[1], -1).mm(products.reshape(-1, products.shape[2]));
}
