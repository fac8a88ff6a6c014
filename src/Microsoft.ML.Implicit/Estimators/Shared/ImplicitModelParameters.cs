using System.Globalization;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a trainer of this library has learned.</summary>
public abstract class ImplicitModelParameters : IDisposable
{
    private protected ImplicitModelParameters()
    {
    }

    /// <summary>Number of trained numbers.</summary>
    public abstract long ParameterCount { get; }

    /// <summary>How the model was trained; <see langword="null"/> where its file does not say, as files of version 0.1.0 do not.</summary>
    public TrainingReport? Training { get; internal set; }

    /// <summary>All numbers that were learned; none after the model was disposed of.</summary>
    internal IEnumerable<Tensor> State => Modules.SelectMany(module => module.state_dict().Values);

    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(!State.Any(), this);

    private protected abstract IEnumerable<nn.Module> Modules { get; }

    /// <summary>What it is and how large, in a line.</summary>
    private protected abstract FormattableString Description { get; }

    /// <summary>What the model is and how large, and the history of its training, as text to print.</summary>
    public sealed override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Description.ToString(CultureInfo.InvariantCulture)} {ParameterCount:N0} parameters.{Environment.NewLine}{Training}");

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Moves the model to another device, when no row is scored.</summary>
    internal abstract void MoveTo(Device device);
}
