using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Relaxations;

/// <summary>Gradients of functions of tensors against central differences.</summary>
internal static class RelaxationGradients
{
    /// <summary>Compares the gradient of a random projection of the output with differences, for each input.</summary>
    public static void AssertMatch(Func<Tensor[], Tensor> function, double tolerance, params Tensor[] inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] leaves = [.. inputs.Select(input => input.clone().requires_grad_())];
        using var random = new Generator(9);
        Tensor direction = randn(function(leaves).shape, ScalarType.Float64, generator: random);
        ImplicitBackward.Run(() => (function(leaves) * direction).sum().backward());
        for (int i = 0; i < leaves.Length; i++)
        {
            Tensor[] moved = [.. inputs.Select(input => input.clone())];
            Tensor expected = FiniteDifferences.Gradient(moved[i], () => (function(moved) * direction).sum().item<double>(), 1e-6);
            double error = (leaves[i].grad! - expected).abs().max().item<double>();
            Assert.IsLessThan(tolerance, error, $"input {i}");
        }
    }
}
