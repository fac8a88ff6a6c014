using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about networks before their parameters can be read.</summary>
internal sealed record ControlledEquationArchitecture(
    SeriesReadingKind Reading, SeriesPathKind Path, int? Windows, int SignatureDepth, int StepsPerPiece, int StateWidth, int HiddenWidth, int Layers, int RotationBlocks, bool SeesChanges, int EnsembleSize)
{
    private const int LongSeries = 128;
    private const int WindowsOfLongSeries = 64;
    private const int MostSignatureEntries = 32;
    private const int FewSeries = 2000;
    private const int NetworksOfFewSeries = 3;
    private const int StatesPerRotationBlock = 4;
    private const string StepsPerPieceName = "steps_per_piece";
    private const string RotationBlocksName = "rotation_blocks";
    private const string SeesChangesName = "sees_changes";

    /// <param name="reading">How series are read.</param>
    /// <param name="options">Settings of the trainer.</param>
    /// <param name="shape">What is known of the series.</param>
    /// <param name="series">Number of series to train on.</param>
    /// <param name="longest">Times of the longest of them.</param>
    public ControlledEquationArchitecture(SeriesReadingKind reading, ControlledEquationOptions options, SeriesShape shape, long series, int longest)
        : this(
            reading,
            options.Path,
            options.Windows ?? (longest > LongSeries ? WindowsOfLongSeries : null),
            options.SignatureDepth ?? (new SeriesPathReader(shape, options.Path, 1, 2).ChannelCount <= MostSignatureEntries ? 2 : 1),
            options.MaximumStepsPerPiece,
            options.StateWidth,
            options.HiddenWidth,
            options.Layers,
            options.RotationBlocks ?? Math.Max(1, options.StateWidth / StatesPerRotationBlock),
            true,
            options.EnsembleSize ?? (series < FewSeries ? NetworksOfFewSeries : 1))
    {
    }

    public SeriesNetwork CreateNetwork(SeriesShape shape, int outputs, Generator generator)
    {
        WholeSeriesEncoder encoder = Reading == SeriesReadingKind.LinearRecurrence
            ? new RecurrentSeriesEncoder(shape, StateWidth, Layers, RotationBlocks, SeesChanges, generator)
            : new ControlledSeriesEncoder(shape, new SeriesPathReader(shape, Path, Windows, SignatureDepth), StepsPerPiece, StateWidth, HiddenWidth, generator);
        return new SeriesNetwork(encoder, shape.Statics, HiddenWidth, outputs, generator);
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("reading", Reading);
        writer.Write("path", Path);
        writer.Write("windows", Windows ?? 0);
        writer.Write("signature_depth", SignatureDepth);
        writer.Write(StepsPerPieceName, StepsPerPiece);
        writer.Write("state_width", StateWidth);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("layers", Layers);
        writer.Write(RotationBlocksName, RotationBlocks);
        writer.Write(SeesChangesName, SeesChanges);
        writer.Write("networks", EnsembleSize);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static ControlledEquationArchitecture Read(DocumentReader reader, SeriesShape shape)
    {
        int windows = reader.Int32("windows");
        var architecture = new ControlledEquationArchitecture(
            reader.Enum<SeriesReadingKind>("reading"),
            reader.Enum<SeriesPathKind>("path"),
            windows == 0 ? null : windows,
            reader.Int32("signature_depth"),
            reader.OptionalText(StepsPerPieceName) is null ? 1 : reader.Int32(StepsPerPieceName),
            reader.Int32("state_width"),
            reader.Int32("hidden_width"),
            reader.Int32("layers"),
            reader.OptionalText(RotationBlocksName) is null ? 0 : reader.Int32(RotationBlocksName),
            reader.OptionalText(SeesChangesName) is not null && reader.Boolean(SeesChangesName),
            reader.Int32("networks"));
        return architecture.IsPlausible(reader.TensorBytes, shape) ? architecture : throw new FormatException("The model file describes an impossible network.");
    }

    // Sizes that make more weights of four bytes than the tensors hold are refused before anything is allocated for them.
    private bool IsPlausible(long tensorBytes, SeriesShape shape) =>
        Windows is null or (>= 1 and <= ControlledEquationOptions.MaximumWindows) && SignatureDepth is 1 or 2
        && StepsPerPiece is >= 1 and <= ControlledEquationOptions.LargestStepsPerPiece && StateWidth > 0 && HiddenWidth > 0
        && Layers is >= 1 and <= ControlledEquationOptions.MaximumLayers && RotationBlocks is >= 0 and <= ControlledEquationOptions.MaximumRotationBlocks
        && EnsembleSize is >= 1 and <= ControlledEquationOptions.MaximumEnsembleSize
        && EnsembleSize * LeastWeights(shape) <= tensorBytes / sizeof(float);

    private Int128 LeastWeights(SeriesShape shape) => Reading == SeriesReadingKind.LinearRecurrence
        ? ((Int128)StateWidth * (HiddenWidth + shape.Channels)) + ((Int128)Layers * StateWidth * (StateWidth + RotationBlocks))
        : (Int128)StateWidth * HiddenWidth * new SeriesPathReader(shape, Path, Windows, SignatureDepth).ChannelCount;
}
