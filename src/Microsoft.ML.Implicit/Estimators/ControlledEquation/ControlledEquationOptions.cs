using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the trainers of whole series.</summary>
/// <remarks>Scales of the data are learned from all series alike, whatever their weights.</remarks>
public sealed class ControlledEquationOptions : SeriesTrainerOptions
{
    internal const int MaximumWindows = 4096;
    internal const int LargestStepsPerPiece = 64;
    internal const int MaximumLayers = 16;
    internal const int MaximumEnsembleSize = 64;
    internal const int MaximumRotationBlocks = 256;

    /// <summary>Column of labels: a key of known count, Boolean or Single, as the trainer says.</summary>
    public string LabelColumnName { get; set; } = DefaultColumnNames.Label;

    /// <summary>Columns of channels: vectors of Single as long as the times, NaN where not observed.</summary>
    public string[] InputColumnNames { get; set; } = ["Value"];

    /// <inheritdoc cref="LatentForecasterOptions.StaticColumnNames"/>
    public string[] StaticColumnNames { get; set; } = [];

    /// <summary>Columns of channels with times of their own: vectors of Single, or of text or keys, which are categories as in <see cref="StaticColumnNames"/>.</summary>
    public string[] CovariateColumnNames { get; set; } = [];

    /// <summary>Column of the times of <see cref="CovariateColumnNames"/>, or <see langword="null"/> if they are those of the observations.</summary>
    public string? CovariateTimeColumnName { get; set; }

    /// <summary>
    /// How a series is read, or <see langword="null"/> to train a network of each kind and keep to the one that does clearly better on held-out series;
    /// <see cref="SeriesReadingKind.LinearRecurrence"/> where none does, and where no series are held out. Where a series of training has more than 4,096 points, it is
    /// <see cref="SeriesReadingKind.ControlledDifferentialEquation"/>: a recurrence goes through all of them, at a hundred times the cost of <see cref="Windows"/>.
    /// </summary>
    public SeriesReadingKind? Reading { get; set; }

    /// <summary>The path of a <see cref="SeriesReadingKind.ControlledDifferentialEquation"/>.</summary>
    public SeriesPathKind Path { get; set; } = SeriesPathKind.Hermite;

    /// <summary>
    /// Windows in which a <see cref="SeriesReadingKind.ControlledDifferentialEquation"/> reads long series, each of them one step of the log-ODE method along the straight
    /// path (Morrill, Salvi, Kidger and Foster, 2021), or <see langword="null"/>: 64 where a series of training has more than 128 points, and otherwise none. A row
    /// with fewer points has a window between each two of them. Where there are windows, <see cref="Path"/> is of no meaning.
    /// </summary>
    public int? Windows { get; set; }

    /// <summary>
    /// Depth of the log-signature of each of the <see cref="Windows"/>: 1, the changes of all channels, or 2, their Lévy areas too; or <see langword="null"/> for 2 where it
    /// has at most 32 entries, and otherwise 1.
    /// </summary>
    public int? SignatureDepth { get; set; }

    /// <summary>
    /// Steps of the midpoint method that a piece of a <see cref="SeriesReadingKind.ControlledDifferentialEquation"/>'s path takes at most. A piece takes as many as its channels
    /// change in it by the root mean square, in units of their spread.
    /// </summary>
    public int MaximumStepsPerPiece { get; set; } = 4;

    /// <summary>Width of the state.</summary>
    public int StateWidth { get; set; } = 32;

    /// <summary>Width of the hidden layers of the vector field and of what follows the state.</summary>
    public int HiddenWidth { get; set; } = 64;

    /// <summary>Number of layers of a <see cref="SeriesReadingKind.LinearRecurrence"/>.</summary>
    public int Layers { get; set; } = 2;

    /// <summary>
    /// Blocks of four states in each layer of a <see cref="SeriesReadingKind.LinearRecurrence"/> that observations rotate, which keep track of what happened in which order over any
    /// length; or <see langword="null"/> for a quarter of <see cref="StateWidth"/>.
    /// </summary>
    public int? RotationBlocks { get; set; }

    /// <summary>Fraction of the state at the end of a series that is set to zero in training.</summary>
    public double Dropout { get; set; } = 0.1;

    /// <summary>Networks whose predictions are averaged, trained one after another from seeds of their own, or <see langword="null"/> for 3 below 2,000 series and 1 from there on.</summary>
    public int? EnsembleSize { get; set; }

    internal SeriesColumns Columns => new(TimeColumnName, InputColumnNames, StaticColumnNames, CovariateTimeColumnName, CovariateColumnNames);

    private protected override IEnumerable<(string Setting, string? Column)> InputColumns => Columns.Named;

    private protected override IEnumerable<(string Setting, string? Column)> LabelColumns => [(nameof(LabelColumnName), LabelColumnName)];

    private protected override void Validate()
    {
        base.Validate();
        Require(Columns);
        ArgumentException.ThrowIfNullOrEmpty(LabelColumnName);
        Setting.Require(Reading is not { } reading || Enum.IsDefined(reading), nameof(Reading), "is not a known way of reading series");
        Setting.Require(Enum.IsDefined(Path), nameof(Path), "is not a known path");
        Setting.Require(Windows is null or (>= 1 and <= MaximumWindows), nameof(Windows), $"must lie between 1 and {MaximumWindows}");
        Setting.Require(SignatureDepth is null or 1 or 2, nameof(SignatureDepth), "must be 1 or 2");
        Setting.Require(MaximumStepsPerPiece is >= 1 and <= LargestStepsPerPiece, nameof(MaximumStepsPerPiece), $"must lie between 1 and {LargestStepsPerPiece}");
        Setting.Require(StateWidth is >= 1 and <= 1024, nameof(StateWidth), "must lie between 1 and 1024");
        Setting.Require(HiddenWidth is >= 4 and <= 4096, nameof(HiddenWidth), "must lie between 4 and 4096");
        Setting.Require(Layers is >= 1 and <= MaximumLayers, nameof(Layers), $"must lie between 1 and {MaximumLayers}");
        Setting.Require(RotationBlocks is null or (>= 0 and <= MaximumRotationBlocks), nameof(RotationBlocks), $"must lie between 0 and {MaximumRotationBlocks}");
        Setting.Require(Dropout is >= 0 and < 1, nameof(Dropout), "must lie between 0 and 1");
        Setting.Require(EnsembleSize is null or (>= 1 and <= MaximumEnsembleSize), nameof(EnsembleSize), $"must lie between 1 and {MaximumEnsembleSize}");
    }
}
