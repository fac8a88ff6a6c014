using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>A solution whose tensors autograd can own, apart from the record of the steps.</summary>
internal interface ISolutionRecord : IDisposable
{
    /// <summary>States at the output times.</summary>
    Tensor States { get; }

    /// <summary>States at checkpoints.</summary>
    IReadOnlyList<Tensor> Checkpoints { get; }

    /// <summary>Shape of the times and of their gradient.</summary>
    long[] TimesShape { get; }

    /// <summary>The same record with other tensors.</summary>
    ISolutionRecord WithTensors(Tensor? states, IReadOnlyList<Tensor> checkpoints);

    /// <summary>Gradients from those of the states.</summary>
    OdeGradients Differentiate(Tensor stateGradients, bool timeGradients);

    /// <summary>Repeats the accepted steps by operations that autograd follows.</summary>
    /// <param name="parameters">What to take in the place of the term's parameters.</param>
    /// <param name="start">Initial state, <c>[batch, ...]</c>.</param>
    /// <returns>States at all times, <c>[times, batch, ...]</c>.</returns>
    Tensor Replay(IReadOnlyList<Tensor> parameters, Tensor start);

    /// <summary>f at the outputs, on the side that the integration comes from where f jumps there.</summary>
    /// <param name="parameters">What to take in the place of the term's parameters; <see langword="null"/> for themselves.</param>
    /// <param name="states">States at all times, <c>[times, batch, ...]</c>.</param>
    /// <returns>Of the shape of <paramref name="states"/>.</returns>
    Tensor Slopes(IReadOnlyList<Tensor>? parameters, Tensor states);
}
