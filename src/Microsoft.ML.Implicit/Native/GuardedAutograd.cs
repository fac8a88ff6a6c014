using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>
/// Vector-Jacobian products whose errors are exceptions. <c>autograd.grad</c> lets errors of the native engine end the process, such as
/// a gradient of a wrong shape, a graph that was freed or a value that was overwritten; <c>autograd.backward</c> does not.
/// </summary>
/// <remarks>
/// It uses the inputs' <c>grad</c>, which is as before afterwards. Threads that differentiate for parameters of one module take turns: a lock
/// goes with the first of them, since each caller names them in the module's order.
/// </remarks>
internal static class GuardedAutograd
{
    private static readonly ConditionalWeakTable<Tensor, Lock> Locks = [];

    /// <summary>Multiplies cotangents with the Jacobian of outputs.</summary>
    /// <param name="outputs">Tensors with a graph.</param>
    /// <param name="inputs">Leaves of the graph that require a gradient.</param>
    /// <param name="cotangents">Like the outputs.</param>
    /// <param name="source">What computed the outputs, for the message.</param>
    /// <param name="retainGraph">Whether the graph is needed again.</param>
    /// <returns>For each input its gradient, <see langword="null"/> where no output depends on it.</returns>
    /// <exception cref="InvalidOperationException">The engine failed.</exception>
    public static Tensor?[] Pullback(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> cotangents, object source, bool retainGraph = false)
    {
        if (inputs.FirstOrDefault(input => input is Parameter) is not { } shared)
        {
            return PullbackAlone(outputs, inputs, cotangents, source, retainGraph);
        }

        lock (Locks.GetOrCreateValue(shared))
        {
            return PullbackAlone(outputs, inputs, cotangents, source, retainGraph);
        }
    }

    /// <summary>Multiplies a cotangent with the Jacobian of an output, as a graph that can be differentiated again.</summary>
    /// <param name="output">Tensor with a graph, of a shape that was checked: the native engine's own errors end the process here.</param>
    /// <param name="inputs">Tensors of the graph that require a gradient, leaves or not.</param>
    /// <param name="cotangent">Like the output.</param>
    /// <returns>For each input its gradient, <see langword="null"/> where the output does not depend on it.</returns>
    public static Tensor?[] DifferentiablePullback(Tensor output, IReadOnlyList<Tensor> inputs, Tensor cotangent) =>
        output.requires_grad && inputs.Count > 0
            ? [.. autograd.grad([output], [.. inputs], [cotangent.reshape(output.shape)], retain_graph: true, create_graph: true, allow_unused: true).Select(gradient => gradient is null || gradient.IsInvalid ? null : gradient)]
            : new Tensor?[inputs.Count];

    private static Tensor?[] PullbackAlone(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> cotangents, object source, bool retainGraph)
    {
        Tensor?[] kept = [.. inputs.Select(input => input.grad)];
        try
        {
            foreach (Tensor input in inputs)
            {
                input.grad = null;
            }

            autograd.backward([.. outputs], [.. cotangents], retain_graph: retainGraph, inputs: [.. inputs]);
            return [.. inputs.Select(input => input.grad)];
        }
        catch (ExternalException exception)
        {
            throw new InvalidOperationException($"The backward pass of {source} failed: {exception.Message}", exception);
        }
        finally
        {
            for (int i = 0; i < kept.Length; i++)
            {
                inputs[i].grad = kept[i];
                kept[i]?.Dispose();
            }
        }
    }
}
