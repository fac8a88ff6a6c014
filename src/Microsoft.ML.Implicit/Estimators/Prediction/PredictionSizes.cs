using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Sizes that networks of all kinds have.</summary>
/// <param name="Image">Shape of the images, where feature vectors hold them.</param>
/// <param name="FeatureCount">Length of the feature vector, with each category as one feature.</param>
/// <param name="HiddenWidth">Width of what is hidden.</param>
/// <param name="OutputWidth">Number of outputs.</param>
/// <param name="EnsembleSize">Number of networks.</param>
internal sealed record PredictionSizes(ImageShape Image, int FeatureCount, int HiddenWidth, int OutputWidth, int EnsembleSize)
{
    /// <summary>Bins of all features together.</summary>
    public int BinCount { get; init; }

    /// <summary>Features that may be missing.</summary>
    public int MissingCount { get; init; }

    /// <summary>Slots that are told apart where features are read by their non-zeros; 0 where they are read in full.</summary>
    public int SlotCount { get; init; }

    /// <summary>The slots that categories are folded from; <see langword="null"/> where none are embedded.</summary>
    public CategoricalSlots? Categories { get; init; }

    /// <summary>Fraction of embedded input and state that is set to zero in training, which only training needs.</summary>
    public double Dropout { get; init; }

    /// <summary>Numbers that a dense network's first layer weighs for each unit.</summary>
    public long InputCount => SlotCount > 0 ? SlotCount : (long)FeatureCount + BinCount + MissingCount;

    /// <summary>Numbers in the vectors that one network learns in the place of categories.</summary>
    public long CategoryWeights => Categories?.Levels.Sum(levels => (levels + 1L) * CategoryEmbedding.Dimension(levels)) ?? 0;

    /// <summary>Whether feature vectors are as long as images of the shape.</summary>
    public bool HoldImages => Image is { Channels: > 0, Height: > 0, Width: > 0 } && (Int128)Image.Channels * Image.Height * Image.Width == FeatureCount;

    public void Write(DocumentWriter writer)
    {
        writer.Write("image_channels", Image.Channels);
        writer.Write("image_height", Image.Height);
        writer.Write("image_width", Image.Width);
        writer.Write("features", FeatureCount);
        writer.Write("bins", BinCount);
        writer.Write("missing", MissingCount);
        writer.Write("slots", SlotCount);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("outputs", OutputWidth);
        writer.Write("networks", EnsembleSize);
        if (Categories is not null)
        {
            DocumentWriter categories = writer.Section("categories");
            categories.Write("length", Categories.Length);
            categories.Write("starts", [.. Categories.Starts]);
            categories.Write("levels", [.. Categories.Levels]);
        }
    }

    public static PredictionSizes Read(DocumentReader reader) => new(
        new ImageShape(reader.Int32("image_channels"), reader.Int32("image_height"), reader.Int32("image_width")),
        reader.Int32("features"),
        reader.Int32("hidden_width"),
        reader.Int32("outputs"),
        reader.Int32("networks"))
    {
        BinCount = reader.Int32("bins"),
        MissingCount = reader.OptionalText("missing") is null ? 0 : reader.Int32("missing"),
        SlotCount = reader.Int32("slots"),
        Categories = ReadCategories(reader.Section("categories")),
    };

    /// <summary>Whether a file of tensors has room for what is stored of each input.</summary>
    public bool ArePlausible(long tensorBytes) =>
        FeatureCount > 0 && BinCount >= 0 && MissingCount >= 0 && MissingCount <= FeatureCount && SlotCount >= 0 && SlotCount <= FeatureCount && HiddenWidth > 0 && OutputWidth > 0
        && EnsembleSize is >= 1 and <= PredictionTrainerOptions.MaximumEnsembleSize
        && (SlotCount > 0 || FeatureCount <= tensorBytes / sizeof(float))
        && BinCount <= tensorBytes / sizeof(float)
        && (Categories is null || (Categories.FoldedLength == FeatureCount && SlotCount == 0));

    // Only the slots of a category can be many, and each stands for a vector in the file: no more is allocated than the file has room for.
    private static CategoricalSlots? ReadCategories(DocumentReader reader)
    {
        if (reader.OptionalText("length") is null)
        {
            return null;
        }

        int length = reader.Int32("length");
        int[] starts = reader.Int32s("starts"), levels = reader.Int32s("levels");
        long end = 0;
        bool isPossible = starts.Length == levels.Length && starts.Length > 0 && length <= reader.TensorBytes / sizeof(float);
        for (int i = 0; i < starts.Length && isPossible; i++)
        {
            isPossible = starts[i] >= end && levels[i] > 0;
            end = (long)starts[i] + levels[i];
        }

        return isPossible && end <= length ? new CategoricalSlots(length, starts, levels) : throw new FormatException("The model file describes impossible categories.");
    }
}
