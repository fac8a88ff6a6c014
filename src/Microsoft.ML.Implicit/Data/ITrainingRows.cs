using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Training rows as tensors, of which some can be held out for validation.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
internal interface ITrainingRows<TSelf> : IDisposable
    where TSelf : class, ITrainingRows<TSelf>
{
    /// <summary>Number of rows.</summary>
    long Count { get; }

    /// <summary>The rows at the given int64 indices.</summary>
    TSelf Select(Tensor rows);

    /// <summary>Takes the tensors out of their dispose scope: they live until they are disposed of.</summary>
    TSelf Detach();
}
