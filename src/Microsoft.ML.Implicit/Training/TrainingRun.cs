using System.Diagnostics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>One call of <c>Fit</c>: its device, seed and log, what cancels it, the check point that it goes on from and keeps, and its history.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingCancellation _cancellation;
    private readonly Dictionary<string, double> _chosenSettings = [];
    private readonly List<NetworkTraining> _networks = [];
    private readonly Device? _scoringDevice;
    private TimeSpan _earlier;
    private long _start;

    /// <exception cref="InvalidOperationException">There is no such device.</exception>
    /// <exception cref="FormatException">There is a file at the check point's path that is no check point.</exception>
    /// <exception cref="ArgumentException">The check point's path is that of a folder, or the device has no known name.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no folder for the check point.</exception>
    public TrainingRun(IHost host, TrainingOptions options)
    {
        Options = options;
        Device = NativeBackend.ResolveDevice(options.Device, $"Training.{nameof(options.Device)}");
        _scoringDevice = options.ScoringDevice is { } device ? NativeBackend.ResolveDevice(device, $"Training.{nameof(options.ScoringDevice)}") : null;
        CheckPoint = options.CheckpointPath is { } path ? TrainingCheckPoint.Open(path) : null;

        // A seed is drawn even where the check point has one: what is trained after this draws the same seeds as without it.
        int seed = options.Seed ?? host.Rand.Next();
        Seed = options.Seed is null && CheckPoint?.Seed is { } begun ? begun : seed;
        Channel = host.Start("Training");
        _cancellation = new TrainingCancellation(host, options.CancellationToken);
    }

    public TrainingOptions Options { get; }

    public Device Device { get; }

    public int Seed { get; }

    public IChannel Channel { get; }

    /// <summary>Cancelled by the user's token or by ML.NET.</summary>
    public CancellationToken CancellationToken => _cancellation.Token;

    /// <summary><see langword="null"/> where none is to be kept.</summary>
    public TrainingCheckPoint? CheckPoint { get; }

    /// <summary>Whether training sets out from a trained model, which it may fail to better.</summary>
    public bool StartsFitted { get; private set; }

    /// <summary>Time since training began, before an interruption too.</summary>
    public TimeSpan Elapsed => _earlier + Stopwatch.GetElapsedTime(_start);

    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void ThrowIfCancelled() => _cancellation.ThrowIfRequested();

    /// <summary>Says what is trained with and on, before anything is drawn from the seed.</summary>
    /// <param name="options">The estimator's options.</param>
    /// <param name="startsFitted">Whether a trained model is what is set out from.</param>
    /// <param name="data">The rows as they were read, and what else is set out from.</param>
    /// <exception cref="InvalidOperationException">The check point is one of other options or data.</exception>
    public void Begin(object options, bool startsFitted, params object?[] data)
    {
        StartsFitted = startsFitted;
        CheckPoint?.Begin(options, data, Seed);
        _start = Stopwatch.GetTimestamp();
    }

    /// <summary>Goes on with a training that had taken so long.</summary>
    public void Resume(TimeSpan elapsed) => (_earlier, _start) = (elapsed, Stopwatch.GetTimestamp());

    /// <summary>Makes the training's choices where its options leave them open.</summary>
    /// <param name="defaults">The model's choices.</param>
    /// <param name="examples">Number of training examples.</param>
    public TrainingPlan Plan(TrainingDefaults defaults, long examples)
    {
        TrainingPlan plan = TrainingPlan.Create(Options, defaults, examples, Seed);
        KeepChoice($"Training.{nameof(Options.MaximumEpochs)}", Options.MaximumEpochs, plan.Epochs);
        KeepChoice($"Training.{nameof(Options.BatchSize)}", Options.BatchSize, plan.BatchSize);
        KeepChoice($"Training.{nameof(Options.LearningRate)}", Options.LearningRate, plan.LearningRate);
        KeepChoice($"Training.{nameof(Options.WeightDecay)}", Options.WeightDecay, plan.WeightDecay);
        KeepChoice($"Training.{nameof(Options.EarlyStoppingPatience)}", Options.EarlyStoppingPatience, plan.Patience);
        return plan;
    }

    /// <summary>Keeps a setting that the options left open for the report.</summary>
    /// <param name="name">Its name in the options.</param>
    /// <param name="given">What the options say.</param>
    /// <param name="used">What is trained with.</param>
    public void KeepChoice(string name, double? given, double used)
    {
        if (given is null)
        {
            _chosenSettings[name] = used;
        }
    }

    /// <summary>Takes back a setting that was kept.</summary>
    public void DropChoice(string name) => _chosenSettings.Remove(name);

    /// <summary>Drops the histories of networks that are not in the model.</summary>
    /// <param name="indices">Those that are, in the order in which they were kept.</param>
    public void KeepOnly(IReadOnlyCollection<int> indices)
    {
        NetworkTraining[] kept = [.. _networks.Where((_, index) => indices.Contains(index))];
        _networks.Clear();
        _networks.AddRange(kept);
    }

    /// <summary>Keeps the history of a network whose training has ended.</summary>
    public void Keep(NetworkTraining network) => _networks.Add(network);

    /// <summary>Moves a trained model to where it is to score.</summary>
    public void Place(Action<Device> move)
    {
        if (_scoringDevice is not null)
        {
            move(_scoringDevice);
        }
    }

    /// <summary>Ends a training that gave a model. The check point of one that was cancelled stays, to go on from.</summary>
    public TrainingReport Complete()
    {
        if (!CancellationToken.IsCancellationRequested)
        {
            CheckPoint?.Remove();
        }

        return new TrainingReport(Seed, Elapsed, _chosenSettings, _networks);
    }

    public void Dispose()
    {
        _cancellation.Dispose();
        Channel.Dispose();
    }
}
