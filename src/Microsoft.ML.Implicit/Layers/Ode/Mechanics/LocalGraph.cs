using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>Functions whose values are made of derivatives by autograd, whether or not anyone follows them.</summary>
internal static class LocalGraph
{
    /// <summary>Evaluates such a function.</summary>
    /// <param name="x">Where; a variable that the function may differentiate for is put in its place where it is none.</param>
    /// <param name="function">The function, with autograd enabled.</param>
    /// <returns>The value, with a graph where autograd is enabled outside.</returns>
    public static Tensor Evaluate(Tensor x, Func<Tensor, Tensor> function)
    {
        bool isFollowed = is_grad_enabled();
        using IDisposable graph = enable_grad();
        Tensor value = function(isFollowed && x.requires_grad ? x : x.detach().requires_grad_());
        return isFollowed ? value : value.detach();
    }
}
