using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns of numbers whose type is a setting, Single or Double.</summary>
internal static class OutputNumbers
{
    /// <summary>Whether columns can have numbers of a kind.</summary>
    public static bool CanBe(DataKind kind) => kind is DataKind.Single or DataKind.Double;

    /// <summary>The type of numbers of a kind.</summary>
    public static NumberDataViewType TypeOf(DataKind kind) => kind == DataKind.Double ? NumberDataViewType.Double : NumberDataViewType.Single;

    /// <summary>Reads a kind; models of earlier versions have none, and wrote Single.</summary>
    public static DataKind Read(DocumentReader reader) => reader.OptionalText("output_kind") is null ? DataKind.Single : reader.Enum<DataKind>("output_kind");
}
