using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>What a <see cref="TrainingLoop"/> optimises. Its resumable state is what it changes beside the module: sources of random numbers, starts, counts.</summary>
internal interface ITrainingProblem : IResumable
{
    /// <summary>The module whose parameters are trained.</summary>
    nn.Module Module { get; }

    /// <summary>Whether the module is a fitted model before training, which training may fail to better.</summary>
    bool StartsFitted => false;

    /// <summary>
    /// Weight decay of each network where the module is a stack of several: the first dimension of every parameter is theirs. Null for one network,
    /// which decays as the plan says.
    /// </summary>
    IReadOnlyList<double>? StackedWeightDecays => null;

    /// <summary>Number of training examples.</summary>
    long ExampleCount { get; }

    /// <summary>Mean solver iterations a forward solve since the last call.</summary>
    double TakeSolverIterations();

    /// <summary>Computes the mean loss of a batch, for each network of a stack, and adds the gradients to the parameters'.</summary>
    /// <param name="examples">Indices of the batch's examples, int64 [batch], on the CPU.</param>
    /// <param name="progress">Fraction of the training steps done, from 0 to 1.</param>
    /// <returns>The loss, of one element a network, where it was computed: the host need not wait for it.</returns>
    Tensor TrainBatch(Tensor examples, double progress);

    /// <summary>Mean loss on the validation examples, of one element, where it was computed; <see langword="null"/> where there are none.</summary>
    Tensor? Validate();
}
