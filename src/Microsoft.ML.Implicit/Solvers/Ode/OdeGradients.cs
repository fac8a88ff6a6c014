using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Gradients of a scalar with respect to everything that a solution depends on.</summary>
/// <param name="InitialState">Gradient of the initial state, <c>[batch, ...]</c>.</param>
/// <param name="Parameters">Gradients of all parameters as one flat vector, in the order of <see cref="IDifferentiableOdeTerm.Parameters"/>.</param>
/// <param name="Times">
/// Gradient of the times, <c>[times]</c>, or <c>[batch, times]</c> where every row has its own, float64 on the CPU;
/// <see langword="null"/> where it was not asked for.
/// </param>
public sealed record OdeGradients(Tensor InitialState, Tensor Parameters, Tensor? Times) : IDisposable
{
    /// <summary>Adds the parameters' gradients to their <c>grad</c>.</summary>
    /// <param name="parameters">The parameters of the term, in its order.</param>
    public void AccumulateInto(IReadOnlyList<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Accumulate(Parameters, parameters);
    }

    /// <summary>Adds gradients in one flat vector to the <c>grad</c> of parameters.</summary>
    internal static void Accumulate(Tensor gradients, IReadOnlyList<Tensor> parameters)
    {
        using IDisposable noGrad = no_grad();
        long offset = 0;
        foreach (Tensor parameter in parameters)
        {
            long count = parameter.numel();
            using Tensor flat = gradients.narrow(0, offset, count);
            using Tensor part = flat.view(parameter.shape);
            offset += count;
            if (parameter.grad is { } existing)
            {
                existing.PlusInPlace(part);
            }
            else
            {
                parameter.grad = part.clone().DetachFromDisposeScope();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        InitialState.Dispose();
        Parameters.Dispose();
        Times?.Dispose();
    }
}
