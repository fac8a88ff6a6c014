using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>One call of <c>Fit</c>: its seed, its log, what cancels it, and the check point that it goes on from and keeps.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingCancellation _cancellation;
    private readonly Device? _scoringDevice;

    /// <exception cref="ArgumentException">The scoring device's name is not known, or the check point's path is that of a folder.</exception>
    /// <exception cref="InvalidOperationException">The scoring device is absent.</exception>
    /// <exception cref="FormatException">There is a file at the check point's path that is no check point.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no folder for the check point.</exception>
    public TrainingRun(IHost host, TrainingOptions options)
    {
        _scoringDevice = options.ScoringDevice is { } device ? NativeBackend.ResolveDevice(device) : null;
        CheckPoint = options.CheckpointPath is { } path ? TrainingCheckPoint.Open(path) : null;

        // A seed is drawn even where the check point has one: what is trained after this draws the same seeds as without it.
        int seed = options.Seed ?? host.Rand.Next();
        Seed = options.Seed is null && CheckPoint?.Seed is { } begun ? begun : seed;
        Channel = host.Start("Training");
        _cancellation = new TrainingCancellation(host, options.CancellationToken);
    }

    public int Seed { get; }

    public IChannel Channel { get; }

    /// <summary>Cancelled by the user's token or by ML.NET.</summary>
    public CancellationToken CancellationToken => _cancellation.Token;

    /// <summary><see langword="null"/> where none is to be kept.</summary>
    public TrainingCheckPoint? CheckPoint { get; }

    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void ThrowIfCancelled() => _cancellation.ThrowIfRequested();

    /// <summary>Says what is trained with and on, before anything is drawn from the seed.</summary>
    /// <param name="options">The estimator's options.</param>
    /// <param name="data">The rows as they were read.</param>
    /// <exception cref="InvalidOperationException">The check point is one of other options or data.</exception>
    public void Begin(object options, params object?[] data) => CheckPoint?.Begin(options, data, Seed);

    /// <summary>Moves a trained model to where it is to score.</summary>
    public void Place(Action<Device> move)
    {
        if (_scoringDevice is not null)
        {
            move(_scoringDevice);
        }
    }

    /// <summary>Ends a training that gave a model. The check point of one that was cancelled stays, to go on from.</summary>
    public void Complete()
    {
        if (!CancellationToken.IsCancellationRequested)
        {
            CheckPoint?.Remove();
        }
    }

    public void Dispose()
    {
        _cancellation.Dispose();
        Channel.Dispose();
    }
}
