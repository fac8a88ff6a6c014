using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

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
}
